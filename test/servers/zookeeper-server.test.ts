import assert from "node:assert/strict";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { requireServer } from "./require-server.ts";
import { makeServerDirectory } from "./server-directory.ts";
import { startZooKeeper } from "./zookeeper-server.ts";

for (const version of ["3.4.14", "3.9.4"] as const) {
  const suite = `ZooKeeper ${version}`;
  const server = requireServer(suite, await startZooKeeper({ version, directory: await makeServerDirectory() }));
  if (!server) continue;

  const ask = (word: string) => {
    const socket = connect(server.port, "127.0.0.1");
    socket.end(word);
    return text(socket);
  };

  test(`${server.name} answers as soon as it is said to be ready, also after it was killed`, async (t) => {
    t.after(() => server.stop());
    assert.equal(await ask("ruok"), "imok");
    server.signal("SIGKILL");
    await server.restart();
    assert.equal(await ask("ruok"), "imok");
    assert((await ask("srvr")).startsWith(`Zookeeper version: ${version}`));
  });
}

/** The server starts on a MongoDB store that is absent, full or too old. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Problem } from "../../functions/api.ts";
import { runServer, startServerProcess, temporaryDirectory } from "../runtime/server-process.ts";
import { post } from "../runtime/slow-query.ts";
import { findMongoProgram } from "../servers/mongo-server.ts";
import { requireServer } from "../servers/require-server.ts";
import { makeServerDirectory } from "../servers/server-directory.ts";
import { findFreePort } from "../servers/server-process.ts";
import { until } from "../support/until.ts";
import { makeEvents, writeEvents } from "../support/write-events.ts";

const program = requireServer("starting on MongoDB", await findMongoProgram());

const query = (bins: number) => ({
  dataset: "events",
  histograms: { met: { axes: [{ type: "regular", bins, lower: 0, upper: 200, value: "MET.pt" }] } },
});

async function prepare(t: TestContext): Promise<readonly string[]> {
  const state = await temporaryDirectory();
  t.after(() => state.remove());
  await writeEvents(join(state.path, "events.parquet"), makeEvents(1000), 250);
  const data = `events=${join(state.path, "events.parquet")}`;
  return [
    "--state",
    join(state.path, "state"),
    "--threads",
    "1",
    "--memory",
    "64MiB",
    "--log-level",
    "error",
    "--data",
    data,
    "--partition-events",
    "1",
  ];
}

async function readiness(url: string): Promise<{ readonly code: number; readonly reasons: readonly string[] }> {
  const response = await fetch(`${url}/readyz`);
  const { reasons } = (await response.json()) as { readonly reasons: readonly string[] };
  return { code: response.status, reasons };
}

if (program) {
  test(`a server starts without ${program.name}, says what it waits for, answers 503, and shows no password`, async (t) => {
    const args = await prepare(t);
    const port = await findFreePort();
    const server = await startServerProcess([...args, "--mongodb", `mongodb://reader:sekrit@127.0.0.1:${port}/`]);
    t.after(async () => {
      server.kill("SIGTERM");
      const { code, stderr, stdout } = await server.exited;
      assert.equal(code, 0);
      assert.doesNotMatch(stderr + stdout, /sekrit/);
    });
    const waiting = await readiness(server.url);
    assert.equal(waiting.code, 503);
    assert.match(waiting.reasons[0]!, /the store cannot be reached: MongoDB at 127\.0\.0\.1:\d+: .*ECONNREFUSED/);
    const refused = await post(server.url, query(10));
    assert.equal(refused.code, 503);
    const problem = refused.status as unknown as Problem;
    assert.equal(problem.code, "store-unavailable");
    assert.doesNotMatch(problem.detail, /sekrit/);
  });

  test(`a server that waited for ${program.name} answers once it is there, and is not ready while its disk is full`, async (t) => {
    const args = await prepare(t);
    const port = await findFreePort();
    const server = await startServerProcess([...args, "--mongodb", `mongodb://127.0.0.1:${port}/`]);
    t.after(async () => {
      server.kill("SIGKILL");
      await server.exited;
    });
    const asking = post(server.url, query(10), 60);
    const mongo = await program.start({ directory: await makeServerDirectory(), port });
    t.after(() => mongo.stop());
    const answered = await asking;
    if (answered.code !== 200) assert.equal(answered.code, 503);
    await until(async () => (await readiness(server.url)).code === 200);
    const { status } = await post(server.url, query(10), 60);
    assert.equal(status.state, "done");
    assert.equal(status.events.done, 1000);

    if (!mongo.fillDisk) return;
    await mongo.fillDisk(true);
    assert.equal((await post(server.url, query(11))).code, 503);
    assert.match((await readiness(server.url)).reasons[0]!, /the store takes no writes: .*No space left on device/);
    // A stored result is answered all the same.
    assert.equal((await post(server.url, query(10))).status.state, "done");
    await mongo.fillDisk(false);
    await until(async () => (await readiness(server.url)).code === 200);
    assert.equal((await post(server.url, query(11), 60)).status.state, "done");
  });

  test("a server refuses to start on a MongoDB that is too old, naming both versions", async (t) => {
    if (!program.name.startsWith("the stand-in")) return t.skip(`${program.name} cannot pretend to be old`);
    const args = await prepare(t);
    const mongo = await program.start({ directory: await makeServerDirectory(), wireVersion: 8 });
    t.after(() => mongo.stop());
    const { code, stderr } = await runServer([...args, "--port", "0", "--mongodb", mongo.uri]);
    assert.equal(code, 1);
    assert.match(stderr, /^Cannot use MongoDB at .* wire version 8 \(MongoDB 4\.2\), and at least 9 \(MongoDB 4\.4\) is required\n$/);
  });
}

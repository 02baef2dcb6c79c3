import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { openStore } from "../../../storage/embedded/embedded-store.ts";
import { openEnvironment } from "../../../storage/embedded/environment.ts";
import { getPartial, putPartial } from "../one-at-a-time.ts";
import { makeTemporaryDirectory } from "../temporary-directory.ts";

const node = "deno" in process.versions ? "node" : process.execPath;
const mappings = "only Linux tells what a process has mapped and may map";

test("openEnvironment maps its file once, however much it grows, so that no page counts twice as memory", {
  skip: process.platform !== "linux" && mappings,
}, async (t) => {
  const directory = join(await makeTemporaryDirectory(t), "state");
  const store = await openStore({ environment: await openEnvironment({ directory }) });
  t.after(() => store.close());
  const keys = Array.from({ length: 16 }, (_, index) => `key ${index}`);
  for (const [index, key] of keys.entries()) {
    const body = new Uint8Array(2 ** 19).fill(index);
    await putPartial(store, key, body);
    assert.deepEqual((await getPartial(store, key))?.bytes, body);
  }
  const maps = (await readFile("/proc/self/maps", "utf8")).split("\n").filter((line) => line.endsWith(join(directory, "data.mdb")));
  assert.equal(maps.length, 1, maps.join("\n"));
});

test("openEnvironment opens a store in a process that may have fewer addresses than are set aside elsewhere", {
  skip: process.platform !== "linux" && mappings,
}, async (t) => {
  const directory = join(await makeTemporaryDirectory(t), "state");
  const script = `
    const { openEnvironment } = await import(${JSON.stringify(new URL("../../../storage/embedded/environment.ts", import.meta.url))});
    await (await openEnvironment({ directory: process.argv[1] })).close();
    console.log("closed");`;
  const command = 'ulimit -v 60000000; exec "$@"';
  const run = spawn("sh", ["-c", command, "sh", node, "--import", "tsx", "--input-type=module", "-e", script, directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  run.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  let output = "";
  assert.deepEqual([...(await once(run, "close")), output], [0, null, "closed\n"]);
});

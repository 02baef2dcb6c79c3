import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { openStore } from "../../../storage/embedded/embedded-store.ts";
import { openEnvironment } from "../../../storage/embedded/environment.ts";
import { getPartial, putPartial } from "../one-at-a-time.ts";
import { makeTemporaryDirectory } from "../temporary-directory.ts";

const mappings = "the mappings of a process are only told by Linux";

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

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openStore } from "../../../storage/embedded/embedded-store.ts";
import { getPartial, putPartial } from "../../storage/one-at-a-time.ts";
import { temporaryDirectory } from "../server-process.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

function femtoq(...args: readonly string[]): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const host = "Deno" in globalThis ? ["run", "-A", "--no-check"] : ["--import", "tsx"];
  return new Promise((resolve) => {
    execFile(process.execPath, [...host, "runtime/femtoq.ts", ...args], { cwd: root }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

test("femtoq reset empties the embedded store once it is confirmed, and refuses while a server has it open", async (t) => {
  const state = await temporaryDirectory();
  t.after(() => state.remove());
  const directory = join(state.path, "store");
  const store = await openStore({ directory });
  await putPartial(store, "key", new Uint8Array(100));
  const refused = await femtoq("reset", "--store", "--yes", "--state", state.path);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /has it open/);
  await store.close();

  assert.equal((await femtoq("reset", "--store", "--state", state.path)).code, 2);
  const done = await femtoq("reset", "--store", "--yes", "--state", state.path);
  assert.equal(done.code, 0, done.stderr);
  const emptied = await openStore({ directory });
  assert.equal(await getPartial(emptied, "key"), undefined);
  await emptied.close();
});

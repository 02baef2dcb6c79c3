import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { openStore } from "../../storage/embedded/embedded-store.ts";
import type { StoreError } from "../../storage/store-error.ts";
import { runScript } from "../contracts/run-script.ts";
import { checkTogether } from "./check-together.ts";
import { numberedBody } from "./numbered-body.ts";
import { getPartial, putPartial } from "./one-at-a-time.ts";
import { makeTemporaryDirectory } from "./temporary-directory.ts";

const script = new URL("./put-until-killed.ts", import.meta.url);

test("putPartial: what resolved is there, whole, after the process was killed at any moment", async (t) => {
  const directory = await makeTemporaryDirectory(t);
  const first = (round: number) => round * 1_000_000;
  const reported: (readonly number[])[] = [];
  for (let round = 0; round < 4; round++) {
    const child = runScript(script, { parameters: [directory, `${first(round)}`] });
    await child.reached(50);
    const moment = Math.random() * 200;
    await delay(moment);
    child.process.kill("SIGKILL");
    const { signal, errors } = await child.ended;
    assert.equal(signal, "SIGKILL", errors);
    reported.push(child.lines.map(Number));

    const store = await openStore({ directory });
    let bytes = 0;
    for (const [earlier, numbers] of reported.entries()) {
      const resolved = new Set(numbers);
      // Some more may have been written whose promise did not come to resolve.
      for (let number = first(earlier); number < Math.max(...numbers) + 64; number++) {
        const body = (await getPartial(store, `partial ${number}`))?.bytes;
        bytes += body?.length ?? 0;
        if (body !== undefined || resolved.has(number))
          assert.deepEqual(body, numberedBody(number), `killed ${moment} ms after the first 50`);
      }
    }
    const usage = await store.usage();
    await store.close();
    assert.equal(usage.bytes, bytes);
  }
});

test("a subtask that was queued waits or has its partial, and one that was completed has it, after the process was killed at any moment", async (t) => {
  const directory = await makeTemporaryDirectory(t);
  const together = new URL("./write-together-until-killed.ts", import.meta.url);
  for (let round = 0; round < 3; round++) {
    const child = runScript(together, { parameters: [directory, `${round * 1_000_000}`] });
    await child.reached(100);
    const moment = Math.random() * 200;
    await delay(moment);
    child.process.kill("SIGKILL");
    const { errors } = await child.ended;
    assert.equal(errors, "");

    await checkTogether(directory, child.lines, `killed ${moment} ms after the first 100 lines`);
  }
});

test("openStore refuses a directory that another process has, and has it once that process was killed", async (t) => {
  const directory = await makeTemporaryDirectory(t);
  const child = runScript(script, { parameters: [directory] });
  await child.reached(1);
  await assert.rejects(openStore({ directory }), (error: StoreError) => {
    assert.equal(error.code, "in-use");
    return error.message.includes(`process ${child.process.pid} `);
  });
  child.process.kill("SIGKILL");
  await child.ended;
  await (await openStore({ directory })).close();
});

const skip = process.platform === "win32" && "limits of file sizes need a POSIX shell";

test("putPartial rejects when the disk takes no more; what resolved before is there", { skip }, async (t) => {
  const directory = await makeTemporaryDirectory(t);
  const child = runScript(script, { parameters: [directory], fileLimit: 4 * 1024 ** 2 });
  const { code, errors } = await child.ended;
  assert.equal(code, 0, errors);
  const refused = child.lines.filter((line) => line.startsWith("refused"));
  const numbers = child.lines.filter((line) => !line.startsWith("refused")).map(Number);
  assert.equal(refused.length, 8);
  for (const line of refused) assert.match(line, /^refused unavailable: Cannot write to .*; is its disk full\?$/);
  assert(numbers.length > 50);
  const store = await openStore({ directory });
  t.after(() => store.close());
  for (const number of numbers) assert.deepEqual((await getPartial(store, `partial ${number}`))?.bytes, numberedBody(number));
  assert.equal(await putPartial(store, "after", numberedBody(5)), "inserted");
});

const prlimit = spawnSync("prlimit", ["--version"]).status === 0;

test("a store whose disk takes no more is not ready and says why, until it takes writes again", {
  skip: skip || (!prlimit && "giving a process more room needs prlimit"),
}, async (t) => {
  const directory = await makeTemporaryDirectory(t);
  const script = new URL("./put-until-space.ts", import.meta.url);
  const child = runScript(script, { parameters: [directory], fileLimit: 4 * 1024 ** 2 });
  await child.reached(4);
  const { status, stderr } = spawnSync("prlimit", ["--pid", String(child.process.pid), "--fsize=unlimited"], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  const { code, errors } = await child.ended;
  assert.equal(code, 0, errors);
  const [first, refused, reasons, ...rest] = child.lines;
  assert.equal(first, "ready []");
  assert.match(refused!, /^refused "Cannot write to .*; is its disk full\?"$/);
  assert.match(reasons!, /^reasons \["the store takes no writes: Cannot write to .*; is its disk full\?"\]$/);
  const log = [
    ["error", "the store takes no writes"],
    ["info", "the store takes writes again"],
  ];
  assert.deepEqual(rest, ["readable 1", "ready []", 'put "inserted"', `log ${JSON.stringify(log)}`]);
});

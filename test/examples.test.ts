/** The library's examples run as they are written, and its documentation names everything that it exports. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { makeTemporaryDirectory } from "./storage/temporary-directory.ts";
import { makeEvents, writeEvents } from "./support/write-events.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

async function run(name: string, ...args: readonly string[]) {
  const host = "Deno" in globalThis ? ["run", "-A", "--no-check"] : ["--import", "tsx"];
  const child = spawn(process.execPath, [...host, `examples/${name}.ts`, ...args], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { stdout: stdout.trim(), stderr: stderr.trim(), code: code as number };
}

test("run-engine counts the events that pass, and fills the others", async () => {
  assert.deepEqual(await run("run-engine"), { stdout: "5 events passed; cells: 0 0 2 1 1 0 1", stderr: "", code: 0 });
});

test("merge-histograms writes the exact sum of two parts", async () => {
  assert.match((await run("merge-histograms")).stdout, /^\{"type":"weighted","values":\[1,0\.1,0\.6/);
});

test("read-columns gives the mean of a column for each partition", async (t) => {
  const file = join(await makeTemporaryDirectory(t), "events.parquet");
  const events = makeEvents(100);
  await writeEvents(file, events, 50);
  const mean = (from: number) => events.slice(from, from + 50).reduce((sum, { MET_pt }) => sum + MET_pt, 0) / 50;
  assert.deepEqual((await run("read-columns", file, "MET_pt")).stdout.split("\n"), [
    `partition 0: 50 entries, 50 values of MET_pt, mean ${mean(0)}`,
    `partition 1: 50 entries, 50 values of MET_pt, mean ${mean(50)}`,
  ]);
});

test("read-columns says what is wrong where there is no such file, and how it is used where it is told nothing", async () => {
  const missing = await run("read-columns", "nowhere/*.parquet", "MET_pt");
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /no file matches/);
  const unused = await run("read-columns");
  assert.equal(unused.code, 2);
  assert.match(unused.stderr, /^Usage: /);
});

test("docs/library.md names every function and class of the library", async () => {
  const documented = await readFile(join(root, "docs/library.md"), "utf8");
  const modules = await Promise.all([import("femtoq/engine"), import("femtoq/datasets"), import("femtoq/histograms")]);
  const names = modules.flatMap((module) => Object.keys(module));
  assert.deepEqual(
    names.filter((name) => !new RegExp(`\\b${name}\\b`).test(documented)),
    [],
  );
});

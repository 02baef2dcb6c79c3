/**
 * Runs the test files: `npm test` all of them, `npm test -- PATTERN…` those whose path contains one of the patterns, and none of those after a `!`.
 * Suites that need a server or a browser skip where theirs is absent, and say so at the end; under FEMTOQ_REQUIRE_SERVERS=1 they fail instead.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
/** Test files at a time: some start servers and browsers of their own, and many wait more than they compute. */
const atATime = Math.min(3, availableParallelism() + 1);

const left = process.argv.slice(2).filter((pattern) => pattern.startsWith("!"));
const patterns = process.argv.slice(2).filter((pattern) => !left.includes(pattern));
const isWanted = (file: string) =>
  (patterns.length === 0 || patterns.some((pattern) => file.includes(pattern))) && !left.some((pattern) => file.includes(pattern.slice(1)));
const files = (await findTests("test")).filter(isWanted);
if (files.length === 0) {
  process.stderr.write(`No test file's path contains ${patterns.map((pattern) => `"${pattern}"`).join(" or ")}\n`);
  process.exit(1);
}

const options = ["--import", "tsx", "--test", `--test-concurrency=${atATime}`];
const reporters = ["spec", "./test/report-suite.mjs"].flatMap((name) => [`--test-reporter=${name}`, "--test-reporter-destination=stdout"]);
// Files that start processes, and those that wait long, go first: at the end others would wait for them alone.
const ordered = files.toSorted((a, b) => weight(b) - weight(a) || (a < b ? -1 : 1));
const child = spawn(process.execPath, [...options, ...reporters, ...ordered], { cwd: root, stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
const [code] = await once(child, "exit");
process.exit(code ?? 1);

async function findTests(folder: string): Promise<string[]> {
  const names = await readdir(join(root, folder), { recursive: true });
  return names.filter((name) => name.endsWith(".test.ts")).map((name) => join(folder, name));
}

function weight(file: string): number {
  return /end-to-end|start|crash|chaos|zookeeper.(coordinator|hazards)|mongodb-faults/.test(file) ? 1 : 0;
}

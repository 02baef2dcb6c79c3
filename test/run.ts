/**
 * Runs the test files: `npm test` all of them, `npm test -- PATTERN…` those whose path contains one of the patterns, and none of those after a `!`. Suites that
 * need a server or a browser are skipped if it is missing, which is reported at the end; under FEMTOQ_REQUIRE_SERVERS=1 they fail instead.
 *
 * Each file has its own process, except that the files of one folder which neither wait for anything outside nor leave anything behind share one, since
 * starting a process takes longer than most of them.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
/** Processes at a time: some start servers and browsers of their own, and many wait more than they compute. */
const atATime = Math.min(5, 2 * availableParallelism());
/** Folders whose files may share a process. */
const together =
  /^test\/(base|engine|coordination\/queue|datasets\/(kernels|cache)|functions\/(client|page|render|dispatch\/follow)|loadtest\/runner|runtime\/mesos)\b/;

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
const written = await mkdtemp(join(tmpdir(), "femtoq-suite-"));
const code = await runAll(await gather(files)).finally(() => rm(written, { recursive: true, force: true }));
process.exit(code ?? 1);

async function runAll(entries: readonly string[]): Promise<number | null> {
  // Files that start processes, wait or compute long go first; at the end, others would wait for them alone.
  const ordered = entries.toSorted((a, b) => weight(b) - weight(a) || (a < b ? -1 : 1));
  const child = spawn(process.execPath, [...options, ...reporters, ...ordered], { cwd: root, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  const [code] = await once(child, "exit");
  return code;
}

/** Returns the files to start. Those that share a process are imported by a file that is written for them. */
async function gather(files: readonly string[]): Promise<readonly string[]> {
  const sharing = new Map<string, string[]>();
  const alone: string[] = [];
  for (const file of files) {
    if (!(await sharesProcess(file))) alone.push(file);
    else sharing.set(dirname(file), [...(sharing.get(dirname(file)) ?? []), file]);
  }
  const writtenFor = async ([folder, files]: [string, string[]]) => {
    if (files.length === 1) return files[0]!;
    const path = join(written, folder, `${files.length} files together.mjs`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, files.map((file) => `import ${JSON.stringify(pathToFileURL(join(root, file)).href)};\n`).join(""));
    return path;
  };
  return [...alone, ...(await Promise.all([...sharing].map(writtenFor)))];
}

/** Whether a file uses nothing of the host itself, and has no hooks, which would run at other times in a shared process. */
async function sharesProcess(file: string): Promise<boolean> {
  if (!together.test(file)) return false;
  const text = await readFile(join(root, file), "utf8");
  const used = [...text.matchAll(/^import (.*) from "node:(.*)";$/gm)];
  return used.every(
    ([, names, name]) => name === "assert/strict" || (name === "test" && !/\b(after|before|beforeEach|afterEach|mock)\b/.test(names!)),
  );
}

async function findTests(folder: string): Promise<string[]> {
  const names = await readdir(join(root, folder), { recursive: true });
  return names.filter((name) => name.endsWith(".test.ts")).map((name) => join(folder, name));
}

function weight(file: string): number {
  return /end-to-end|start|crash|chaos|zookeeper.(coordinator|hazards)|mongodb-faults|files together/.test(file) ? 1 : 0;
}

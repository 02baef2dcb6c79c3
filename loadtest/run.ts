/**
 * `npm run loadtest`: reads the arguments, starts or finds the server under load, runs the load and writes the reports. `--help` lists what
 * it can do.
 */
import { writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { makeDirectory } from "../base/make-directory.ts";
import { type LoadTask, readArguments, type SiegeTask, type WatchersTask } from "./runner/arguments.ts";
import { findK6 } from "./runner/find-k6.ts";
import { LoadError } from "./runner/load-error.ts";
import { nextRate } from "./runner/measure/find-knee.ts";
import { waitForRest } from "./runner/measure/wait-for-rest.ts";
import { overload } from "./runner/overload.ts";
import { prepareDemo } from "./runner/prepare-demo.ts";
import { drawOverload } from "./runner/report/draw-overload.ts";
import { drawKnee, drawReport, formatRate, listBreaks } from "./runner/report/draw-report.ts";
import { drawSoak } from "./runner/report/draw-soak.ts";
import { drawWatchers } from "./runner/report/draw-watchers.ts";
import { type PageContents, renderPage } from "./runner/report/page.ts";
import type { Report } from "./runner/report/report.ts";
import { type Run, runK6 } from "./runner/run-k6.ts";
import { besiege, drawSiege } from "./runner/siege.ts";
import { soak } from "./runner/soak.ts";
import { startTarget, type Target } from "./runner/target.ts";
import { watchStreams } from "./runner/watchers.ts";

const cache = fileURLToPath(new URL("../.femtoq/loadtest/", import.meta.url));
/** The milliseconds of each window into which a soak is divided. */
const soakWindow = 60_000;
const overloadFactor = 10;

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.abort(new LoadError("Interrupted")));

try {
  process.exitCode = await main();
} catch (error) {
  if (interrupted.signal.aborted) process.exit(130);
  if (!(error instanceof LoadError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}

async function main(): Promise<number> {
  const task = readArguments(process.argv.slice(2));
  if (task.kind === "help") process.stdout.write(task.text);
  if (task.kind === "prepare") {
    const { files } = await prepareDemo(task.directory, say);
    process.stdout.write(`Start every process of the cluster with --data 'demo=${files}'\n`);
  }
  if (task.kind === "load") return runLoad(task);
  if (task.kind === "watchers") return runWatchers(task);
  return task.kind === "siege" ? runSiege(task) : 0;
}

async function runLoad(task: LoadTask): Promise<number> {
  const k6 = await findK6(cache, () => say("building k6, which takes about two minutes, once"));
  return withTarget(task, async (target, references) => {
    const run: RunOnce = (rate, duration, atOnce) => {
      say(`${task.scenario} at ${formatRate(rate)}/s for ${duration / 1000} s`);
      const { scenario, slack } = task;
      const { signal } = interrupted;
      return runK6({
        k6,
        scenario,
        target,
        references,
        duration,
        rate,
        slack,
        onProgress: showProgress,
        ...atOnce,
        signal,
      });
    };
    const contents = await runMode(task, target, run);
    process.stdout.write(`\n${drawReport(contents.report, contents.overload === undefined)}`);
    if (contents.trials) process.stdout.write(drawKnee(contents.trials));
    if (contents.soak) process.stdout.write(drawSoak(contents.soak));
    if (contents.overload) process.stdout.write(drawOverload(contents.overload));
    await save(task.html, renderPage(contents));
    if (task.json) await save(task.json, `${JSON.stringify(contents, undefined, 2)}\n`);
    const runs = contents.soak?.windows ?? [contents.overload ?? contents.report];
    return runs.every(({ kept }) => kept) ? 0 : 1;
  });
}

type RunOnce = (rate: number, duration: number, atOnce?: Pick<Run, "warmUp" | "onBegin">) => Promise<Report>;

async function runMode(task: LoadTask, target: Target, run: RunOnce): Promise<PageContents> {
  switch (task.mode) {
    case "once":
      return { report: await run(task.rate, task.duration) };
    case "find-limit": {
      const trials: Report[] = [];
      const tryRate = async (rate: number) => {
        const trial = await run(rate, task.duration);
        process.stdout.write(`${formatRate(rate)}/s: ${trial.kept ? "kept" : `not kept: ${listBreaks(trial).join(", ")}`}\n`);
        if (!(await waitForRest(target, interrupted.signal))) say("the server still has work from before");
        return trial;
      };
      for (let rate = nextRate(trials, task.rate); rate !== undefined; rate = nextRate(trials, task.rate)) {
        let trial = await tryRate(rate);
        // One pause of the machine can break a limit, so a rate only counts as too high if it breaks one twice.
        if (!trial.kept) trial = await tryRate(rate);
        trials.push(trial);
      }
      const best = trials.filter(({ kept }) => kept).sort((a, b) => b.rate - a.rate)[0];
      return { report: best ?? trials[0]!, trials };
    }
    case "soak": {
      const windows = Math.max(2, Math.round(task.duration / soakWindow));
      const found = await soak(target, { windows, run: () => run(task.rate, soakWindow), signal: interrupted.signal });
      return { report: found.windows.at(-1)!, soak: found };
    }
    case "overload": {
      const many = (onBegin: () => void) => run(task.rate * overloadFactor, task.duration, { onBegin, warmUp: 0 });
      const found = await overload(target, { duration: task.duration, run: many, onStep: say, signal: interrupted.signal });
      return { report: found.load, overload: found };
    }
  }
}

async function runWatchers(task: WatchersTask): Promise<number> {
  return withTarget(task, async (target) => {
    const found = await watchStreams(target, { ...task, onStep: say, signal: interrupted.signal });
    process.stdout.write(`\n${drawWatchers(found)}`);
    if (task.json) await save(task.json, `${JSON.stringify(found, undefined, 2)}\n`);
    return found.faults.length === 0 ? 0 : 1;
  });
}

async function runSiege(task: SiegeTask): Promise<number> {
  return withTarget(task, async (target, references) => {
    say(`a siege of ${task.duration / 1000} s`);
    const found = await besiege(target, { ...task, references, signal: interrupted.signal });
    process.stdout.write(`\n${drawSiege(found)}`);
    if (task.json) await save(task.json, `${JSON.stringify(found, undefined, 2)}\n`);
    return found.faults.length === 0 ? 0 : 1;
  });
}

async function withTarget(
  { target: choice }: LoadTask | WatchersTask | SiegeTask,
  use: (target: Target, references: string) => Promise<number>,
): Promise<number> {
  const demo = await prepareDemo(cache, say, { files: choice.kind !== "url" });
  interrupted.signal.throwIfAborted();
  const target = await startTarget(choice, { files: demo.files, onStep: say });
  try {
    return await use(target, demo.references);
  } finally {
    await target.stop();
  }
}

async function save(path: string, text: string): Promise<void> {
  await makeDirectory(dirname(path));
  await writeFile(path, text);
  process.stdout.write(`${resolve(path)}\n`);
}

function say(step: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${step}\n` : `${step}\n`);
}

function showProgress({ iterations, perSecond }: { readonly iterations: number; readonly perSecond: number }): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${iterations} asked, ${perSecond.toFixed(0)}/s`);
}

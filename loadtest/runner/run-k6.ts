/** One run of k6 on our script, as a report. What k6 itself prints is kept only to explain a failure. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { availableParallelism, loadavg } from "node:os";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findFreePort } from "../../test/servers/server-process.ts";
import { loadBegins, type Scenario, unlimited } from "../queries/kinds.ts";
import { LoadError } from "./load-error.ts";
import { followTime } from "./measure/time-spent.ts";
import { type Report, readSummary, type Summary } from "./report/report.ts";
import type { Target } from "./target.ts";

export interface Run {
  readonly k6: string;
  readonly scenario: Scenario;
  readonly target: Pick<Target, "name" | "urls" | "measured">;
  /** The path of the file of right answers. */
  readonly references: string;
  /** In milliseconds. */
  readonly duration: number;
  readonly rate: number;
  readonly slack: number;
  /** The seconds for which the load rises before the duration begins; the script decides if undefined. */
  readonly warmUp?: number;
  /** Called every second. */
  readonly onProgress: (done: { readonly iterations: number; readonly perSecond: number }) => void;
  /** Called when the first question is about to be asked. */
  readonly onBegin?: () => void;
  /** Ends the run early. */
  readonly signal: AbortSignal;
}

/** k6's exit code after a broken threshold. */
const thresholdsBroken = 99;
const mostFaults = 5;
const lastLines = 20;

/** Runs k6. Throws `LoadError` if it ends too early or with an unexpected exit code. */
export async function runK6(run: Run): Promise<Report> {
  const { scenario, target, rate, signal } = run;
  const summary = `${run.references}.${process.pid}.summary`;
  const port = await findFreePort();
  const loadBefore = loadavg()[0]!;
  const started = new Date().toISOString();
  const child = spawn(run.k6, ["run", "--quiet", "--no-color", "--address", `127.0.0.1:${port}`, ...settings(run, summary), script], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const stop = () => child.kill("SIGTERM");
  signal.addEventListener("abort", stop);
  const faults = new Set<string>();
  const said: string[] = [];
  let endTime: ReturnType<typeof followTime> | undefined;
  createInterface({ input: child.stderr }).on("line", (line) => {
    if (line.includes(`msg="${loadBegins}"`)) {
      endTime = followTime(target.measured);
      // A failure is reported below, where it is awaited.
      endTime.catch(() => undefined);
      run.onBegin?.();
      return;
    }
    const fault = /msg="((?:wrong|no) answer to .*)" source=console/.exec(line)?.[1];
    if (fault && faults.size < mostFaults) faults.add(fault);
    if (!fault && said.push(line) > lastLines) said.shift();
  });
  const following = new AbortController();
  const curve = followThroughput(port, run, following.signal);
  const code = await once(child, "close").then(
    ([exitCode]) => exitCode as number | null,
    (cause: unknown) => {
      throw new LoadError(`Cannot run ${run.k6}`, 3, { cause });
    },
  );
  signal.removeEventListener("abort", stop);
  following.abort();
  const throughput = await curve;
  // A server that is gone or shows no metrics does not fail the run: its answers tell enough.
  const timeSpent = await endTime?.then((end) => end()).catch((error: unknown) => void faults.add(`No metrics: ${error}`));
  try {
    signal.throwIfAborted();
    if (code !== 0 && code !== thresholdsBroken) throw new LoadError(`k6 ended with code ${code}:\n${said.join("\n")}`);
    return readSummary(JSON.parse(await readFile(summary, "utf8")) as Summary, {
      scenario,
      target: target.name,
      started,
      seconds: run.duration / 1000,
      rate,
      throughput,
      ...(timeSpent && { timeSpent }),
      machine: { cores: availableParallelism(), loadBefore, loadAfter: loadavg()[0]! },
      faults: [...faults],
      mayDrop: run.slack >= unlimited,
    });
  } finally {
    await rm(summary, { force: true });
  }
}

const script = fileURLToPath(new URL("../k6/script.ts", import.meta.url));

function settings({ scenario, target, references, duration, rate, slack, warmUp }: Run, summary: string): readonly string[] {
  const values = {
    SCENARIO: scenario,
    SERVERS: target.urls.join(","),
    REFERENCES: references,
    RUN: 1 + Math.floor(Math.random() * 999_999),
    DURATION: `${duration}ms`,
    RATE: rate,
    SLACK: slack,
    SUMMARY: summary,
    ...(warmUp !== undefined && { WARM_UP: warmUp }),
  };
  return Object.entries(values).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
}

/** Reads each second, until the signal, how many questions k6's own interface has counted; the differences are the throughput. */
async function followThroughput(port: number, { onProgress }: Run, signal: AbortSignal): Promise<Report["throughput"]> {
  const curve: { second: number; perSecond: number }[] = [];
  let before: { readonly at: number; readonly iterations: number } | undefined;
  let begun: number | undefined;
  while (!signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const iterations = await countIterations(port, signal);
    if (iterations === undefined) continue;
    const at = performance.now();
    begun ??= at;
    if (before) {
      const perSecond = ((iterations - before.iterations) / (at - before.at)) * 1000;
      curve.push({ second: (at - begun) / 1000, perSecond });
      onProgress({ iterations, perSecond });
    }
    before = { at, iterations };
  }
  return curve;
}

/** Undefined before the load and after it, when k6 does not listen or has not counted any question. */
async function countIterations(port: number, signal: AbortSignal): Promise<number | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/metrics/iterations`, { signal });
    if (!answer.ok) return undefined;
    const { data } = (await answer.json()) as { readonly data: { readonly attributes: { readonly sample: { readonly count: number } } } };
    return data.attributes.sample.count;
  } catch (error) {
    if (signal.aborted || error instanceof TypeError) return undefined;
    throw error;
  }
}

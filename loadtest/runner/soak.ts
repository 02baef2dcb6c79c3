/** Runs the same load window after window, and reports whether memory grows, anything is left over, or answers become slower. */
import { type Count, countResources } from "./measure/count-resources.ts";
import { fitSlope, type Slope } from "./measure/fit-slope.ts";
import { followMemory, type MemorySample, type ProcessMemory } from "./measure/follow-memory.ts";
import { waitForRest } from "./measure/wait-for-rest.ts";
import type { Report } from "./report/report.ts";
import type { Target } from "./target.ts";

export interface SoakReport {
  readonly windows: readonly Report[];
  /** Memory over all windows but the first. */
  readonly memory: readonly SoakMemory[];
  readonly counts: readonly { readonly what: string; readonly before: number; readonly after: number }[];
}

/** Slopes are in megabytes a minute over the second half of the samples: caches have filled by then. */
export interface SoakMemory extends ProcessMemory {
  readonly slope: Slope;
  /** The slope of memory without pages of files. */
  readonly ownSlope: Slope;
}

/** The milliseconds between looks at the memory. */
const pause = 2_000;
/** The milliseconds that connections and streams get to close after the last answer. */
const settling = 6_000;

export async function soak(
  target: Target,
  { windows, run, signal }: { readonly windows: number; readonly run: (window: number) => Promise<Report>; readonly signal: AbortSignal },
): Promise<SoakReport> {
  // The first window warms up: caches and connections are counted after it.
  const reports: Report[] = [await run(0)];
  const before = await countAfterRest(target, signal);
  const endMemory = followMemory(target.processes, pause);
  try {
    for (let window = 1; window < windows; window++) reports.push(await run(window));
  } finally {
    endMemory();
  }
  const memory = endMemory();
  const after = await countAfterRest(target, signal);
  return {
    windows: reports,
    memory: memory.map((each) => ({
      ...each,
      slope: slopeOfSecondHalf(each.samples, ({ megabytes }) => megabytes),
      ownSlope: slopeOfSecondHalf(each.samples, ({ own }) => own),
    })),
    counts: before.map(({ what, count }) => ({
      what,
      before: count,
      after: after.find((each) => each.what === what)?.count ?? Number.NaN,
    })),
  };
}

async function countAfterRest(target: Target, signal: AbortSignal): Promise<readonly Count[]> {
  await waitForRest(target, signal);
  await new Promise((resolve) => setTimeout(resolve, settling));
  return countResources(target);
}

const slopeOfSecondHalf = (samples: readonly MemorySample[], value: (sample: MemorySample) => number): Slope =>
  fitSlope(samples.slice(Math.floor(samples.length / 2)).map((sample) => [sample.minute, value(sample)]));

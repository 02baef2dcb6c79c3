/** Window after window of the same load: does memory grow, is anything left over, do answers become slower? */

import { type Count, countResources } from "./count-resources.ts";
import { fitSlope } from "./fit-slope.ts";
import { readMemory } from "./read-memory.ts";
import type { Report } from "./report.ts";
import type { Target } from "./target.ts";

export interface SoakReport {
  readonly windows: readonly Report[];
  readonly memory: readonly ProcessMemory[];
  readonly counts: readonly { readonly what: string; readonly before: number; readonly after: number }[];
}

export interface ProcessMemory {
  readonly name: string;
  readonly samples: readonly { readonly minute: number; readonly megabytes: number }[];
  /** Megabytes a minute over the second half: caches have filled by then. */
  readonly slope: number;
}

/** Milliseconds between looks at the memory. */
const pause = 2_000;
/** What is closed after the last answer may take so long. */
const settling = 5_000;

export async function soak(
  target: Target,
  { windows, run, signal }: { readonly windows: number; readonly run: (window: number) => Promise<Report>; readonly signal: AbortSignal },
): Promise<SoakReport> {
  // The first window warms up: before it, nothing is filled or open.
  const reports: Report[] = [await run(0)];
  const before = await countAfterRest(target);
  const samples = new Map<string, { readonly minute: number; readonly megabytes: number }[]>(
    target.processes.map(({ name }) => [name, []]),
  );
  const start = performance.now();
  const look = async () => {
    const minute = (performance.now() - start) / 60_000;
    for (const { name, pid } of target.processes) samples.get(name)!.push({ minute, megabytes: (await readMemory(pid)) / 1e6 });
  };
  const looking = setInterval(() => void look().catch((error: unknown) => process.stderr.write(`${error}\n`)), pause);
  try {
    for (let window = 1; window < windows && !signal.aborted; window++) reports.push(await run(window));
  } finally {
    clearInterval(looking);
  }
  const after = await countAfterRest(target);
  return {
    windows: reports,
    memory: [...samples].map(([name, each]) => ({ name, samples: each, slope: slopeOfSecondHalf(each) })),
    counts: before.map(({ what, count }, index) => ({ what, before: count, after: after[index]!.count })),
  };
}

async function countAfterRest(target: Target): Promise<readonly Count[]> {
  await new Promise((resolve) => setTimeout(resolve, settling));
  return countResources(target);
}

const slopeOfSecondHalf = (samples: readonly { readonly minute: number; readonly megabytes: number }[]) =>
  fitSlope(samples.slice(Math.floor(samples.length / 2)).map(({ minute, megabytes }) => [minute, megabytes]));

/** Tells where the time of a run went: the metrics of all processes after it, less those before it. */
import { type Measured, type Metrics, readMetrics } from "./read-metrics.ts";

export interface TimeSpent {
  /** The steps of all processes together, those that took most time first. Steps overlap and nest, so their times add up to nothing. */
  readonly steps: readonly Step[];
  readonly processors: readonly { readonly name: string /** Mean number of processors that it kept busy. */; readonly busy: number }[];
  readonly seconds: number;
}

export interface Step {
  /** The name of a metric without its unit, and its label, such as `subtask computing`. */
  readonly step: string;
  readonly count: number;
  readonly seconds: number;
}

interface Look {
  /** In milliseconds. */
  readonly at: number;
  readonly metrics: readonly Metrics[];
}

const processorTime = "process_cpu_seconds_total";
const mostSteps = 20;

/** Looks at the metrics now; the returned function looks again and gives the difference. */
export async function followTime(processes: readonly Measured[]): Promise<() => Promise<TimeSpent>> {
  const look = async (): Promise<Look> => ({ at: performance.now(), metrics: await Promise.all(processes.map(readMetrics)) });
  const before = await look();
  const names = processes.map(({ name }) => name);
  return async () => compareLooks(names, before, await look());
}

export function compareLooks(names: readonly string[], before: Look, after: Look): TimeSpent {
  const seconds = (after.at - before.at) / 1000;
  const grown = (index: number, key: string) => (after.metrics[index]!.get(key) ?? 0) - (before.metrics[index]!.get(key) ?? 0);
  const steps = new Map<string, Step>();
  for (const [index, metrics] of after.metrics.entries()) {
    for (const key of metrics.keys()) {
      const found = /^femtoq_(\w+)_seconds_sum(?:\{\w+="([^"]*)"\})?$/.exec(key);
      if (!found) continue;
      const step = found.slice(1).filter(Boolean).join(" ").replaceAll("_", " ");
      const count = grown(index, key.replace("_seconds_sum", "_seconds_count"));
      const sofar = steps.get(step) ?? { count: 0, seconds: 0 };
      steps.set(step, { step, count: sofar.count + count, seconds: sofar.seconds + grown(index, key) });
    }
  }
  return {
    steps: [...steps.values()]
      .filter(({ count }) => count > 0)
      .sort((a, b) => b.seconds - a.seconds)
      .slice(0, mostSteps),
    processors: names.map((name, index) => ({ name, busy: grown(index, processorTime) / seconds })),
    seconds,
  };
}

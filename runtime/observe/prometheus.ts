/**
 * The meter of a process. It includes metrics of the process itself (memory, processor time, event-loop lag).
 *
 * Counting and observing happen for each subtask, so they only add to existing numbers; text is only made when metrics are requested.
 * Counters start at 0 for every value of their label, so that rates are defined before the first event.
 */
import { collectDefaultMetrics, Registry } from "prom-client";
import type { Log } from "../../base/log.ts";
import type { Meter } from "../../functions/metrics/meter.ts";
import { type Metric, type MetricName, metrics } from "../../functions/metrics/metrics.ts";

/** Upper bounds in seconds, from a call of the embedded store to a long scan. */
const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

interface Series {
  /** A counter's count, or the sum of a histogram's observations. */
  sum: number;
  /** For a histogram, the observations in each bucket but not in the one before; the last number counts those beyond all buckets. */
  readonly counts: number[];
}

export function createMeter({ log }: { readonly log: Log }): Meter {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const reads = new Map<MetricName, () => unknown>();
  const series = new Map<MetricName, ReadonlyMap<string | undefined, Series>>();
  const entries = Object.entries(metrics) as [MetricName, Metric][];
  for (const [name, { label }] of entries) {
    const counts = () => new Array<number>(buckets.length + 1).fill(0);
    series.set(name, new Map((label?.values ?? [undefined]).map((value) => [value, { sum: 0, counts: counts() }])));
  }

  /** The lines of a gauge; none if its value is not known now, since it must not look like 0. */
  async function writeGauge(name: MetricName, { label }: Metric): Promise<readonly string[]> {
    try {
      const values = await reads.get(name)?.();
      if (values === undefined) return [];
      if (!label) return [`${name} ${values}`];
      return label.values.map((value) => `${name}${labels(label, value)} ${(values as Record<string, number>)[value] ?? 0}`);
    } catch (error) {
      log.warn({ err: error, metric: name }, "a metric cannot be read now");
      return [];
    }
  }

  async function writeOne([name, metric]: readonly [MetricName, Metric]): Promise<string> {
    const all = [...series.get(name)!];
    const { kind, help, label } = metric;
    const lines =
      kind === "gauge"
        ? await writeGauge(name, metric)
        : all.flatMap(([value, one]) =>
            kind === "counter" ? `${name}${labels(label, value)} ${one.sum}` : writeHistogram(name, one, labelOf(label, value)),
          );
    return [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`, ...lines, ""].join("\n");
  }

  return {
    count(name, label, by = 1) {
      series.get(name)!.get(label)!.sum += by;
    },
    observe(name, label, seconds) {
      const one = series.get(name)!.get(label)!;
      let bucket = 0;
      while (bucket < buckets.length && seconds > buckets[bucket]!) bucket++;
      one.counts[bucket]!++;
      one.sum += seconds;
    },
    gauge: (name, read) => void reads.set(name, read),
    write: async () => [...(await Promise.all(entries.map(writeOne))), await registry.metrics()].join("\n"),
  };
}

function writeHistogram(name: string, { sum, counts }: Series, label: readonly string[]): readonly string[] {
  let count = 0;
  const lines = [...buckets, "+Inf"].map((bound, index) => {
    count += counts[index]!;
    return `${name}_bucket${inBraces([`le="${bound}"`, ...label])} ${count}`;
  });
  return [...lines, `${name}_sum${inBraces(label)} ${sum}`, `${name}_count${inBraces(label)} ${count}`];
}

const labelOf = (label: Metric["label"], value: string | undefined): readonly string[] => (label ? [`${label.name}="${value}"`] : []);
const labels = (label: Metric["label"], value: string | undefined): string => inBraces(labelOf(label, value));
const inBraces = (labels: readonly string[]): string => (labels.length > 0 ? `{${labels.join()}}` : "");

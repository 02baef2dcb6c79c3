/** The meter of a process: prom-client's registry, with what is known of the process itself (memory, processor time, event-loop lag). */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Log } from "../../base/log.ts";
import type { Meter } from "../../functions/metrics/meter.ts";
import { type GaugeName, type Metric, type MetricName, metrics } from "../../functions/metrics/metrics.ts";

/** Seconds: from a call of the embedded store to a long scan. */
const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

interface Child {
  inc?(by: number): void;
  observe?(value: number): void;
}

/** Counters start at 0 for every value of their label, so that a rate is there before the first event. */
export function createMeter(options: { readonly log: Log; readonly processMetrics?: boolean }): Meter {
  const registry = new Registry();
  const children = new Map<MetricName, ReadonlyMap<unknown, Child>>();
  const reads = new Map<string, () => unknown>();
  if (options.processMetrics !== false) collectDefaultMetrics({ register: registry });

  for (const [name, metric] of Object.entries(metrics) as [MetricName, Metric][]) {
    const shared = { name, help: metric.help, registers: [registry], ...(metric.label && { labelNames: [metric.label.name] }) };
    switch (metric.kind) {
      case "counter":
        children.set(name, childrenOf(new Counter(shared), metric));
        break;
      case "histogram":
        children.set(name, childrenOf(new Histogram({ ...shared, buckets }), metric));
        break;
      case "gauge":
        addGauge(name as GaugeName, metric, shared);
        break;
    }
  }

  function addGauge(name: GaugeName, { label }: Metric, shared: ConstructorParameters<typeof Gauge>[0]): void {
    new Gauge({
      ...shared,
      async collect() {
        // An unlabelled gauge is 0 after its reset: one that is not known must not look like that.
        this.reset();
        if (!label) this.remove();
        try {
          const values = await reads.get(name)?.();
          if (values === undefined) return;
          if (!label) this.set(values as number);
          else for (const value of label.values) this.set({ [label.name]: value }, (values as Record<string, number>)[value] ?? 0);
        } catch (error) {
          options.log.warn({ err: error, metric: name }, "a metric cannot be read now");
        }
      },
    });
  }

  return {
    count: (name, label, by = 1) => children.get(name)!.get(label)!.inc!(by),
    observe: (name, label, seconds) => children.get(name)!.get(label)!.observe!(seconds),
    gauge: (name, read) => void reads.set(name, read),
    write: () => registry.metrics(),
  };
}

/** One for each value of the label: looked up by the value alone, which costs less than prom-client's own search. */
function childrenOf(instrument: Counter | Histogram, { label }: Metric): ReadonlyMap<unknown, Child> {
  const sets = label ? label.values.map((value) => [value, { [label.name]: value }] as const) : [[undefined, {}] as const];
  return new Map(
    sets.map(([value, labels]) => {
      if (instrument instanceof Histogram) instrument.zero(labels);
      else instrument.inc(labels, 0);
      return [value, label ? instrument.labels(labels) : instrument];
    }),
  );
}

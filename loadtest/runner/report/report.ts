/** A report is what one run found, as plain data: `--json` writes it, the table and the page show it. */

import { type Kind, kinds, quantiles, ratesOf, type Scenario } from "../../queries/kinds.ts";
import type { TimeSpent } from "../measure/time-spent.ts";

/** All in milliseconds. */
export interface Latency {
  readonly min: number;
  readonly avg: number;
  readonly max: number;
  /** The latency that each of `quantiles` stays below. */
  readonly at: readonly number[];
}

export interface KindReport {
  readonly kind: Kind;
  /** The queries a second that were to be asked. */
  readonly rate: number;
  readonly answers: number;
  readonly wrong: number;
  /** Questions that were refused with 429 or 503 and a time to ask again. */
  readonly refused: number;
  /** Questions that got another unexpected status, or no answer in time. */
  readonly failed: number;
  readonly dropped: number;
  /** The latency to the whole answer, and to the first histogram; absent if there was none. */
  readonly complete?: Latency;
  readonly first?: Latency;
  readonly limits: readonly { readonly limit: string; readonly kept: boolean }[];
}

export interface Report {
  readonly scenario: Scenario;
  readonly target: string;
  readonly started: string;
  /** The seconds that the load lasted; questions before it do not count. */
  readonly seconds: number;
  readonly rate: number;
  /** True if nothing was wrong, failed, dropped or too slow. */
  readonly kept: boolean;
  readonly quantiles: readonly number[];
  readonly kinds: readonly KindReport[];
  /** How many questions ended in each second. */
  readonly throughput: readonly { readonly second: number; readonly perSecond: number }[];
  /** The processors and load of this machine, whose other work shows in the latencies. */
  readonly machine: { readonly cores: number; readonly loadBefore: number; readonly loadAfter: number };
  /** Absent if the server shows no metrics. */
  readonly timeSpent?: TimeSpent;
  /** Descriptions of the first wrong answers. */
  readonly faults: readonly string[];
}

/** The parts that we read of k6's summary, which it passes to `handleSummary`. */
export interface Summary {
  readonly metrics: Readonly<
    Record<
      string,
      {
        readonly values: Readonly<Record<string, number>>;
        readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>;
      }
    >
  >;
}

export function readSummary(
  summary: Summary,
  { mayDrop, ...run }: Omit<Report, "kept" | "kinds" | "quantiles"> & { readonly mayDrop: boolean },
): Report {
  const rates = ratesOf(run.scenario, run.rate);
  const found = kinds.filter((kind) => rates.has(kind)).map((kind) => readKind(summary, kind, rates.get(kind)!));
  const isKept = ({ answers, wrong, refused, failed, dropped, limits }: KindReport) =>
    answers > 0 && wrong + refused + failed + (mayDrop ? 0 : dropped) === 0 && limits.every(({ kept }) => kept);
  // Wrong answers during the warm-up count, too.
  const wrong = summary.metrics.wrong_answers?.values.count ?? 0;
  return { ...run, quantiles, kinds: found, kept: wrong === 0 && found.every(isKept) };
}

export function readKind({ metrics }: Summary, kind: Kind, rate: number): KindReport {
  const metric = (name: string) => metrics[`${name}{kind:${kind}}`];
  const count = (name: string) => metric(name)?.values.count ?? 0;
  const complete = readLatency(metric("time_to_complete")?.values);
  const first = readLatency(metric("time_to_first_histogram")?.values);
  const limits = Object.entries(metric("time_to_complete")?.thresholds ?? {});
  return {
    kind,
    rate,
    answers: count("answers"),
    wrong: count("wrong_answers"),
    refused: count("refused_answers"),
    failed: count("failed_answers"),
    dropped: metrics[`dropped_iterations{scenario:${kind}}`]?.values.count ?? 0,
    ...(complete && { complete }),
    ...(first && { first }),
    limits: limits.filter(([limit]) => limit.startsWith("p(")).map(([limit, { ok }]) => ({ limit, kept: ok })),
  };
}

function readLatency(values: Readonly<Record<string, number>> | undefined): Latency | undefined {
  if (!values || !(values.max! > 0)) return undefined;
  return { min: values.min!, avg: values.avg!, max: values.max!, at: quantiles.map((each) => values[`p(${each})`]!) };
}

/** The milliseconds that a share of the answers stays below; `share` is one of `quantiles`. */
export const latencyAt = ({ at }: Latency, share: (typeof quantiles)[number]): number => at[quantiles.indexOf(share)]!;

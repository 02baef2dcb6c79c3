/** A report as lines of a terminal. */
import { drawTable } from "../../runtime/cli/draw-table.ts";
import type { Trial } from "./find-knee.ts";
import { kneeOf } from "./find-knee.ts";
import { type KindReport, type Latency, latencyAt, type Report } from "./report.ts";

const right = "right" as const;

export function drawReport(report: Report): string {
  const { scenario, rate, target, kinds, machine, faults } = report;
  return [
    `${scenario}: ${formatRate(rate)} queries/s for ${report.seconds.toFixed(0)} s on ${target}`,
    "",
    ...drawKinds(kinds),
    "",
    `${machine.cores} cores; load average ${machine.loadBefore.toFixed(1)} before, ${machine.loadAfter.toFixed(1)} after, k6 included`,
    ...faults,
    report.kept ? "All limits kept." : "NOT KEPT: see above.",
    "",
  ].join("\n");
}

/** A table of the kinds. */
export function drawKinds(kinds: readonly KindReport[]): readonly string[] {
  const columns = [
    { head: "kind" },
    ...["asked/s", "answers", "wrong", "failed", "dropped", "first p50", "p50", "p95", "p99", "max [ms]"].map((head) => ({
      head,
      align: right,
    })),
    { head: "limits" },
  ];
  const rows = kinds.map((kind) => [
    kind.kind,
    formatRate(kind.rate),
    ...[kind.answers, kind.wrong, kind.failed, kind.dropped].map(String),
    ...describeLatency(kind),
    describeLimits(kind),
  ]);
  return drawTable(columns, rows);
}

export function drawKnee(trials: readonly Trial[]): string {
  const { kept, broken } = kneeOf(trials);
  if (kept === undefined)
    return `No rate kept the limits; the lowest tried is ${formatRate(Math.min(...trials.map(({ rate }) => rate)))}/s.\n`;
  const above = broken === undefined ? "and none broke them" : `${formatRate(broken)}/s breaks them`;
  return `Knee: ${formatRate(kept)} queries/s keep the limits, ${above}; 70 % of it is ${formatRate(kept * 0.7)}.\n`;
}

export const formatRate = (rate: number): string => `${Number(rate.toPrecision(3))}`;

function describeLatency({ first, complete }: KindReport): string[] {
  const show = (latency: Latency | undefined, share: 50 | 95 | 99) =>
    latency === undefined ? "-" : formatMilliseconds(latencyAt(latency, share));
  return [
    show(first, 50),
    show(complete, 50),
    show(complete, 95),
    show(complete, 99),
    complete === undefined ? "-" : formatMilliseconds(complete.max),
  ];
}

export const formatMilliseconds = (milliseconds: number): string => milliseconds.toFixed(milliseconds < 100 ? 1 : 0);

const describeLimits = ({ limits }: KindReport) => limits.map(({ limit, kept }) => (kept ? limit : `${limit} BROKEN`)).join(", ");

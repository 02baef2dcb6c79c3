/** Shows a report in the terminal. */
import { drawTable } from "../../../runtime/cli/draw/draw-table.ts";
import type { Trial } from "../measure/find-knee.ts";
import { kneeOf } from "../measure/find-knee.ts";
import type { TimeSpent } from "../measure/time-spent.ts";
import { type KindReport, type Latency, latencyAt, type Report } from "./report.ts";

const right = "right" as const;

/** @param judged False if limits need not be kept, since an overload breaks them on purpose. */
export function drawReport(report: Report, judged = true): string {
  const { scenario, rate, target, kinds, machine, faults } = report;
  return [
    `${scenario}: ${formatRate(rate)} queries/s for ${report.seconds.toFixed(0)} s on ${target}`,
    "",
    ...drawKinds(kinds),
    ...(report.timeSpent ? drawTimeSpent(report.timeSpent) : []),
    "",
    `${machine.cores} cores; load average ${machine.loadBefore.toFixed(1)} before, ${machine.loadAfter.toFixed(1)} after, k6 included`,
    ...faults,
    ...(judged ? [report.kept ? "All limits kept." : "NOT KEPT: see above."] : []),
    "",
  ].join("\n");
}

/** Draws a table with a row for each kind of query. */
export function drawKinds(kinds: readonly KindReport[]): readonly string[] {
  const columns = [
    { head: "kind" },
    ...["asked/s", "answers", "wrong", "refused", "failed", "dropped", "first p50", "p50", "p95", "p99", "max [ms]"].map((head) => ({
      head,
      align: right,
    })),
    { head: "limits" },
  ];
  const rows = kinds.map((kind) => [
    kind.kind,
    formatRate(kind.rate),
    ...[kind.answers, kind.wrong, kind.refused, kind.failed, kind.dropped].map(String),
    ...describeLatency(kind),
    describeLimits(kind),
  ]);
  return drawTable(columns, rows);
}

/** Draws a table of where the time of all processes together went. */
function drawTimeSpent({ steps, processors, seconds }: TimeSpent): readonly string[] {
  const busy = processors.map(({ name, busy: each }) => `${name} ${each.toFixed(2)}`).join(", ");
  const rows = steps.map((each) => [
    each.step,
    `${each.count}`,
    formatMilliseconds((each.seconds / each.count) * 1000),
    each.seconds.toFixed(1),
  ]);
  return [
    "",
    `processors kept busy, over ${seconds.toFixed(0)} s: ${busy}`,
    "",
    ...drawTable([{ head: "step" }, ...["count", "mean [ms]", "all [s]"].map((head) => ({ head, align: right }))], rows),
    "steps overlap and nest; waiting that a client asked for is in http queries",
  ];
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

/** Names every broken limit and every fault of a run; empty if all limits were kept. */
export function listBreaks({ kinds }: Report): readonly string[] {
  return kinds.flatMap((each) => [
    ...each.limits.filter(({ kept }) => !kept).map(({ limit }) => `${each.kind} ${formatLimit(limit)}`),
    ...(["wrong", "refused", "failed", "dropped"] as const)
      .filter((what) => each[what] > 0)
      .map((what) => `${each.kind} ${each[what]} ${what}`),
    ...(each.answers === 0 ? [`${each.kind} no answer`] : []),
  ]);
}

/** Rewrites a limit from k6's form, such as `p(95)<=150`, for people. */
export const formatLimit = (limit: string): string => limit.replace(/^p\((.+)\)<=(.+)$/, "p$1 ≤ $2 ms");

const describeLimits = ({ limits }: KindReport) =>
  limits.map(({ limit, kept }) => `${formatLimit(limit)}${kept ? "" : " BROKEN"}`).join(", ");

/** Renders the report as one HTML file that needs no script and no network. */

import type { TimeSpent } from "../measure/time-spent.ts";
import type { OverloadReport } from "../overload.ts";
import type { SoakReport } from "../soak.ts";
import { drawKneeCurve, drawLatencies, drawSeries, drawThroughput } from "./charts.ts";
import { describeRecovery, feltHeads, feltRows, memoryHeads, memoryRows } from "./draw-overload.ts";
import { drawKnee, formatLimit, formatMilliseconds, formatRate } from "./draw-report.ts";
import { formatSlope, listBrokenWindows } from "./draw-soak.ts";
import { type KindReport, type Latency, latencyAt, type Report } from "./report.ts";

const style = `
body { font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; color: #1c2128; background: #fff; max-width: 68rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; margin-bottom: 0 } h2 { font-size: 1.15rem; margin-top: 2rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums } th, td { padding: 0.25rem 0.7rem; text-align: right; border-bottom: 1px solid #dde2e8 }
th:first-child, td:first-child, .texts th:last-child, .texts td:last-child { text-align: left } td { white-space: nowrap } .bad { color: #b3350b; font-weight: 600 } .good { color: #00704f; font-weight: 600 }
svg { max-width: 100%; height: auto } p.facts { color: #5f6874; margin-top: 0.2rem }`;

export interface PageContents {
  /** The report that is shown in full; in a search, the one of the highest rate that kept the limits. */
  readonly report: Report;
  /** All reports of a search for the knee. */
  readonly trials?: readonly Report[];
  readonly soak?: SoakReport;
  readonly overload?: OverloadReport;
}

export function renderPage({ report, trials, soak, overload }: PageContents): string {
  const { scenario, target, rate, seconds, started, machine, faults } = report;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Load test: ${escapeText(scenario)}</title>
<style>${style}</style>
</head>
<body>
<h1>Load test: ${escapeText(scenario)}, ${formatRate(rate)} queries/s</h1>
<p class="facts">${escapeText(target)} · ${seconds.toFixed(0)} s from ${escapeText(started)} · ${machine.cores} cores, load average ${machine.loadBefore.toFixed(1)} before, ${machine.loadAfter.toFixed(1)} after</p>
<p>${describeOutcome({ report, ...(soak && { soak }), ...(overload && { overload }) })}</p>
${faults.map((fault) => `<p class="bad">${escapeText(fault)}</p>`).join("\n")}
${kindTable(report.kinds)}
<h2>Latency</h2>
<p class="facts">How long the share of answers below took at most. Every answer was compared with the right one.</p>
${drawLatencies(report)}
${overload ? overloadSection(overload) : ""}
<h2>Throughput</h2>
${drawThroughput(report)}
${trials ? `<h2>Limit</h2>\n<p>${escapeText(drawKnee(trials))}</p>\n${drawKneeCurve(trials)}` : ""}
${soak ? soakSection(soak) : ""}
${report.timeSpent ? timeSection(report.timeSpent) : ""}
</body>
</html>
`;
}

function kindTable(kinds: readonly KindReport[]): string {
  const heads = [
    "kind",
    "asked/s",
    "answers",
    "wrong",
    "refused",
    "failed",
    "dropped",
    "first p50",
    "p50",
    "p95",
    "p99",
    "max [ms]",
    "limits",
  ];
  const rows = kinds.map((kind) => {
    const { complete, first } = kind;
    const at = (latency: Latency | undefined, share: 50 | 95 | 99) => (latency ? formatMilliseconds(latencyAt(latency, share)) : "–");
    const counts = [kind.wrong, kind.refused, kind.failed, kind.dropped].map((count) =>
      count > 0 ? `<span class="bad">${count}</span>` : "0",
    );
    const limits = kind.limits.map(({ limit, kept }) => `<span class="${kept ? "good" : "bad"}">${escapeText(formatLimit(limit))}</span>`);
    return [
      kind.kind,
      formatRate(kind.rate),
      `${kind.answers}`,
      ...counts,
      at(first, 50),
      at(complete, 50),
      at(complete, 95),
      at(complete, 99),
      complete ? formatMilliseconds(complete.max) : "–",
      limits.join("<br>"),
    ];
  });
  return table(heads, rows, "texts");
}

function timeSection({ steps, processors, seconds }: TimeSpent): string {
  const rows = steps.map((each) => [
    escapeText(each.step),
    `${each.count}`,
    formatMilliseconds((each.seconds / each.count) * 1000),
    each.seconds.toFixed(1),
  ]);
  return `<h2>Where the time went</h2>
<p class="facts">Over ${seconds.toFixed(0)} s, all processes together; steps overlap and nest. Waiting that a client asked for is in “http queries”.</p>
${table(["step", "count", "mean [ms]", "all [s]"], rows)}
<p>Processors kept busy:</p>
${table(
  ["process", "mean"],
  processors.map(({ name, busy }) => [escapeText(name), busy.toFixed(2)]),
)}`;
}

function overloadSection(report: OverloadReport): string {
  const lines = (["stored", "new"] as const).map((name) => ({
    name: `${name} query`,
    points: report.probes.flatMap(({ kind, second, milliseconds, status }) =>
      kind === name && status === 200 ? [[second, Math.max(0.1, milliseconds)] as const] : [],
    ),
  }));
  const memory = report.memory.map(({ name, samples }) => ({
    name,
    points: samples.map(({ minute, megabytes }) => [minute * 60, megabytes] as const),
  }));
  return `<h2>What another client felt</h2>
<p class="facts">Questions of a client that asks at a steady pace, by when it asked. The overload is from ${report.begin.toFixed(0)} s to ${report.end.toFixed(0)} s.</p>
${drawSeries(lines, { x: { name: "s" }, y: { name: "ms", log: true }, marks: [report.begin, report.end] })}
${table(["query", ...feltHeads], feltRows(report))}
<h2>Memory</h2>
${drawSeries(memory, { x: { name: "s" }, y: { name: "MB" }, marks: [report.begin, report.end] })}
${table(["MB", ...memoryHeads], memoryRows(report))}`;
}

function soakSection({ memory, windows, counts }: SoakReport): string {
  const series = memory.flatMap(({ name, samples }) => [
    { name, points: samples.map(({ minute, megabytes }) => [minute, megabytes] as const) },
    { name: `${name}, without pages of files`, points: samples.map(({ minute, own }) => [minute, own] as const) },
  ]);
  const slopes = memory.map(({ name, slope, ownSlope }) => [name, formatSlope(slope), formatSlope(ownSlope)]);
  const rows = counts.map(({ what, before, after }) => [what, `${before}`, `${after}`]);
  const latencies = windows.flatMap(({ kinds }, index) =>
    kinds.flatMap(({ kind, complete }) => (complete ? [{ kind, minute: index + 1, p99: latencyAt(complete, 99) }] : [])),
  );
  const names = [...new Set(latencies.map(({ kind }) => kind))];
  const lines = names.map((name) => ({
    name,
    points: latencies.filter(({ kind }) => kind === name).map(({ minute, p99 }) => [minute, p99] as const),
  }));
  return `<h2>Soak</h2>
${drawSeries(series, { x: { name: "minutes" }, y: { name: "MB" } })}
${table(["process", "MB per minute, second half", "without pages of files"], slopes)}
<h2>99 % of the answers, by window</h2>
${drawSeries(lines, { x: { name: "window", whole: true }, y: { name: "ms", log: true } })}
${table(["counted", "before", "after"], rows)}`;
}

function describeOutcome({ report, soak, overload }: PageContents): string {
  if (overload) return verdict(overload.kept, describeRecovery(overload));
  const broken = soak ? listBrokenWindows(soak.windows) : [];
  return broken.length > 0 ? verdict(false, broken.join("; ")) : verdict(report.kept);
}

const verdict = (kept: boolean, text = kept ? "All limits kept." : "Not kept: see the table.") =>
  `<span class="${kept ? "good" : "bad"}">${escapeText(text)}</span>`;

/** In a table of `texts` the last column holds words, in one of `numbers` a number. */
function table(heads: readonly string[], rows: readonly (readonly string[])[], kind: "numbers" | "texts" = "numbers"): string {
  const body = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`);
  return `<table class="${kind}">\n<thead><tr>${heads.map((head) => `<th>${head}</th>`).join("")}</tr></thead>\n<tbody>${body.join("\n")}</tbody>\n</table>`;
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escapeText = (text: string) => text.replace(/[&<>"]/g, (found) => entities[found]!);

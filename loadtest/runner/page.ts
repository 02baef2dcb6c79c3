/** The report as one HTML file that needs nothing else: no script, no network. */
import { drawKneeCurve, drawLatencies, drawSeries, drawThroughput } from "./charts.ts";
import { drawKnee, formatMilliseconds, formatRate } from "./draw-report.ts";
import { type KindReport, type Latency, latencyAt, type Report } from "./report.ts";
import type { SoakReport } from "./soak.ts";

const style = `
body { font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; color: #1c2128; background: #fff; max-width: 68rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; margin-bottom: 0 } h2 { font-size: 1.15rem; margin-top: 2rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums } th, td { padding: 0.25rem 0.7rem; text-align: right; border-bottom: 1px solid #dde2e8 }
th:first-child, td:first-child, th:last-child, td:last-child { text-align: left } td:first-child { white-space: nowrap } .bad { color: #b3350b; font-weight: 600 } .good { color: #00704f; font-weight: 600 }
svg { max-width: 100%; height: auto } p.facts { color: #5f6874; margin-top: 0.2rem }`;

export interface PageContents {
  /** The one that is shown in full; the last kept one of a search. */
  readonly report: Report;
  /** All of a search for the knee. */
  readonly trials?: readonly Report[];
  readonly soak?: SoakReport;
}

export function renderPage({ report, trials, soak }: PageContents): string {
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
<p>${verdict(report.kept)}</p>
${faults.map((fault) => `<p class="bad">${escapeText(fault)}</p>`).join("\n")}
${kindTable(report.kinds)}
<h2>Latency</h2>
<p class="facts">How long the share of answers below took at most. Every answer was compared with the right one.</p>
${drawLatencies(report)}
<h2>Throughput</h2>
${drawThroughput(report)}
${trials ? `<h2>Limit</h2>\n<p>${escapeText(drawKnee(trials))}</p>\n${drawKneeCurve(trials)}` : ""}
${soak ? soakSection(soak) : ""}
</body>
</html>
`;
}

function kindTable(kinds: readonly KindReport[]): string {
  const heads = ["kind", "asked/s", "answers", "wrong", "failed", "dropped", "first p50", "p50", "p95", "p99", "max [ms]", "limits"];
  const rows = kinds.map((kind) => {
    const { complete, first } = kind;
    const at = (latency: Latency | undefined, share: 50 | 95 | 99) => (latency ? formatMilliseconds(latencyAt(latency, share)) : "–");
    const counts = [kind.wrong, kind.failed, kind.dropped].map((count) => (count > 0 ? `<span class="bad">${count}</span>` : "0"));
    const limits = kind.limits.map(({ limit, kept }) => `<span class="${kept ? "good" : "bad"}">${escapeText(limit)}</span>`);
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
      limits.join(", "),
    ];
  });
  return table(heads, rows);
}

function soakSection({ memory, windows, counts }: SoakReport): string {
  const series = memory.map(({ name, samples }) => ({
    name,
    points: samples.map(({ minute, megabytes }) => [minute, megabytes] as const),
  }));
  const slopes = memory.map(({ name, slope }) => [name, slope.toFixed(2)]);
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
${drawSeries(series, { x: "minutes", y: "MB" })}
${table(["process", "MB per minute in the second half"], slopes)}
<h2>99 % of the answers, by window</h2>
${drawSeries(lines, { x: "window", y: "ms" })}
${table(["counted", "before", "after"], rows)}`;
}

const verdict = (kept: boolean) =>
  kept ? '<span class="good">All limits kept.</span>' : '<span class="bad">Not kept: see the table.</span>';

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const body = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`);
  return `<table>\n<thead><tr>${heads.map((head) => `<th>${head}</th>`).join("")}</tr></thead>\n<tbody>${body.join("\n")}</tbody>\n</table>`;
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escapeText = (text: string) => text.replace(/[&<>"]/g, (found) => entities[found]!);

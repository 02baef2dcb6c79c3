/** Draws a query's status as text: its name and progress, each histogram, the cut flow, the totals and its id. */
import type { Status } from "../../../functions/api.ts";
import { separateVariations } from "../../../functions/dispatch/answer/vary-histograms.ts";
import { describeNumber, tooManyAxes } from "../../../functions/render/charts/text-chart.js";
import { type CutflowLine, cutflowLines } from "../../../functions/render/cutflow-lines.js";
import { displayable, escapeText } from "../../../functions/render/displayable.js";
import { formatNumber, formatSeconds } from "../../../functions/render/format-number.js";
import { histogramStatistics } from "../../../functions/render/histogram-statistics.js";
import { type Bins, readHistogram } from "../../../functions/render/read-histogram.js";
import { type DrawOptions, drawBars } from "./draw-bars.ts";
import { drawCells } from "./draw-cells.ts";
import { drawProfile } from "./draw-profile.ts";
import { drawTable } from "./draw-table.ts";

/** `histogram` names the only one to draw; if undefined, all are drawn. */
export function drawStatus(told: Status, options: DrawOptions & { readonly histogram?: string | undefined }): string {
  const { colours } = options;
  const status = displayable(told);
  const { partitions, events } = status;
  const included = Object.keys(status.variations).length > 0 ? " (variations counted)" : "";
  const title = [status.name && colours.bold(status.name), status.dataset, status.state, status.note].filter(Boolean).join(" · ");
  const counts = `${formatNumber(events.done)} of ${formatNumber(events.total)} events in ${partitions.done} of ${partitions.total} partitions${included}`;
  const lines = [title, `${counts}, ${formatSeconds(status.timing.seconds)}${describeSubmission(status)}`];
  const shown = options.histogram === undefined ? status.histograms : separateVariations(status);
  for (const [name, histogram] of Object.entries(shown)) {
    if (options.histogram !== undefined && escapeText(options.histogram) !== name) continue;
    const bins = readHistogram(histogram);
    const figures = histogramStatistics(bins).map((figure) => `${colours.dim(figure.name)} ${formatNumber(figure.value)}`);
    const label = histogram.metadata?.label;
    lines.push("", colours.bold(label === undefined ? name : `${name}: ${label}`));
    lines.push(...drawBins(bins, options));
    lines.push(figures.join("  "));
    if (name in status.histograms) lines.push(...drawVariations(status, name));
  }
  const cutflow = cutflowLines(status);
  if (cutflow.length > 0) lines.push("", ...drawCutflow(cutflow));
  if (status.rows) lines.push("", describeRows(status.rows));
  if (Object.keys(status.totals).length > 0) lines.push("", ...drawTotals(status.totals));
  for (const notice of status.notices ?? []) lines.push("", `note: ${notice}`);
  if (status.id !== "") lines.push("", colours.dim(`id ${status.id}`));
  return `${lines.join("\n")}\n`;
}

function drawBins(bins: Bins, options: DrawOptions): readonly string[] {
  switch (bins.axes.length) {
    case 0:
      return [describeNumber(bins)];
    case 1:
      return bins.weights ? drawProfile(bins, options) : drawBars(bins, options);
    case 2:
      return drawCells(bins, options);
    default:
      return [tooManyAxes(bins)];
  }
}

/** For each variation of a histogram its sum, and how it compares with the nominal one. The means of a profile have no sum. */
function drawVariations({ histograms, variations }: Status, name: string): readonly string[] {
  const { total: nominal, weights } = readHistogram(histograms[name]!);
  if (weights) return [];
  const rows = Object.entries(variations).map(([variation, { histograms }]) => {
    const { total } = readHistogram(histograms[name]!);
    const change = (100 * (total - nominal)) / nominal;
    return [variation, formatNumber(total), Number.isFinite(change) ? `${change < 0 ? "−" : "+"}${Math.abs(change).toFixed(2)} %` : "–"];
  });
  const right = "right" as const;
  return rows.length === 0
    ? []
    : drawTable([{ head: "variation" }, { head: "sum", align: right }, { head: "to nominal", align: right }], rows);
}

function drawCutflow(cutflow: readonly CutflowLine[]): readonly string[] {
  const rows = cutflow.map(({ filter, events, weight, ofAll }) => [
    filter,
    formatNumber(events),
    weight === undefined ? "" : formatNumber(weight),
    Number.isNaN(ofAll) ? "–" : `${(100 * ofAll).toFixed(1)} %`,
  ]);
  const right = "right" as const;
  return drawTable(
    [{ head: "passed" }, { head: "events", align: right }, { head: "weight", align: right }, { head: "of all", align: right }],
    rows,
  );
}

function describeRows({ columns, count, limit }: NonNullable<Status["rows"]>): string {
  const most = count === limit ? ", as many as were asked for" : "";
  return `${formatNumber(count)} rows of ${columns.join(", ")}${most}: --rows writes them`;
}

function drawTotals(totals: Status["totals"]): readonly string[] {
  const rows = Object.entries(totals).map(([name, { value, nonFinite }]) => [
    name,
    String(value),
    nonFinite === 0 ? "" : formatNumber(nonFinite),
  ]);
  const right = "right" as const;
  return drawTable([{ head: "total of all events" }, { head: "sum", align: right }, { head: "not finite", align: right }], rows);
}

function describeSubmission({ submission }: Status): string {
  if (!submission) return "";
  const { stored, joined, queued } = submission;
  return ` (${stored} stored, ${joined} joined, ${queued} queued)`;
}

/** Describes each failed partition with its cause in a line. */
export function describeFailures(status: Status): readonly string[] {
  const { failures, partitions } = displayable(status);
  const lines = failures.map(
    ({ partition, file, variation, attempts, cause }) =>
      `Partition ${partition} of ${file}${variation === undefined ? "" : ` in the variation ${variation}`} failed after ${attempts} ${attempts === 1 ? "attempt" : "attempts"}: ${cause}`,
  );
  const more = partitions.failed - failures.length;
  return more > 0 ? [...lines, `… and ${more} more partitions failed.`] : lines;
}

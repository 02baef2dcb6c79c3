/**
 * Writes a histogram as CSV: one row for each bin, flow bins included, first axis slowest. Columns are `lower,upper` (for more axes
 * `lower0,upper0,lower1,…`), `value` and `variance`; edges beyond the range are `-inf` and `inf`, and so are sums that left the range of float64. The variance of a count is the count.
 */
import type { Nested, UhiAxis, UhiHistogram } from "../../engine/histogram/uhi.ts";
import { axisEdges } from "./read-histogram.js";

export function renderCsv(histogram: UhiHistogram): string {
  const { axes, storage } = histogram;
  const suffix = (index: number) => (axes.length === 1 ? "" : String(index));
  const header = [...axes.flatMap((_, index) => [`lower${suffix(index)}`, `upper${suffix(index)}`]), "value", "variance"];
  const ranges = axes.map(axisRanges);
  const variances = storage.type === "weighted" ? storage.variances : storage.values;
  return [header.join(","), ...rows(ranges, storage.values, variances), ""].join("\n");
}

function* rows(ranges: readonly (readonly string[])[], values: Nested, variances: Nested, prefix = ""): Generator<string> {
  const [first, ...rest] = ranges;
  for (const [index, range] of (first ?? []).entries()) {
    const value = values[index];
    const variance = variances[index];
    if (typeof value === "number") yield `${prefix}${range},${csvNumber(value)},${csvNumber(variance as number)}`;
    else yield* rows(rest, value, variance as Nested, `${prefix}${range},`);
  }
}

/** The text `lower,upper` of each bin, flow bins included. */
function axisRanges(axis: UhiAxis): readonly string[] {
  const edges = [...axisEdges(axis)];
  if (axis.underflow) edges.unshift(Number.NEGATIVE_INFINITY);
  if (axis.overflow) edges.push(Number.POSITIVE_INFINITY);
  return edges.slice(1).map((edge, index) => `${csvNumber(edges[index])},${csvNumber(edge)}`);
}

const csvNumber = (value: number) => (Math.abs(value) < Number.MAX_VALUE ? String(value) : value < 0 ? "-inf" : "inf");

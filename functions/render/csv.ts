/**
 * Writes a histogram as CSV: one row for each bin, flow bins included, first axis slowest. Columns are `lower,upper` (for more axes
 * `lower0,upper0,lower1,…`), `value` and `variance`. The outer edges of flow bins, and sums beyond the range of float64, are `-inf` and `inf`. The
 * variance of a count is the count. A histogram of means has `mean`, the `variance` of the samples, and `count`, or `sumw` and `sumw2`.
 *
 * A category or boolean axis has one column, `category`. It is `other` for values of no category (`_other` if that is a category, and so on). A circular
 * axis has a cell for values that are not finite, with the edges `nan`.
 */
import type { Nested, UhiAxis, UhiHistogram, UhiStorage } from "../../engine/histogram/uhi.ts";
import { axisEdges, binNames, flowOf } from "./read-histogram.js";

export function renderCsv(histogram: UhiHistogram): string {
  const { axes, storage } = histogram;
  const suffix = (index: number) => (axes.length === 1 ? "" : String(index));
  const header = axes.flatMap((axis, index) => columnsOf(axis).map((column) => `${column}${suffix(index)}`));
  const ranges = axes.map(axisRanges);
  const columns = contentColumns(storage);
  return [[...header, ...Object.keys(columns)].join(","), ...rows(ranges, Object.values(columns)), ""].join("\n");
}

function contentColumns(storage: UhiStorage): Readonly<Record<string, Nested>> {
  switch (storage.type) {
    case "int":
      return { value: storage.values, variance: storage.values };
    case "weighted":
      return { value: storage.values, variance: storage.variances };
    case "mean":
      return { mean: storage.values, variance: storage.variances, count: storage.counts };
    case "weighted_mean":
      return {
        mean: storage.values,
        variance: storage.variances,
        sumw: storage.sum_of_weights,
        sumw2: storage.sum_of_weights_squared,
      };
  }
}

function* rows([ranges, ...inner]: readonly (readonly string[])[], columns: readonly Nested[], prefix = ""): Generator<string> {
  if (!ranges) yield `${prefix}${columns.map((value) => csvNumber(value as number)).join(",")}`;
  else
    for (const [index, range] of ranges.entries())
      yield* rows(
        inner,
        columns.map((nested) => (nested as readonly Nested[])[index]),
        `${prefix}${range},`,
      );
}

const columnsOf = (axis: UhiAxis) => (binNames(axis).length > 0 ? ["category"] : ["lower", "upper"]);

/** The text in these columns for each bin of an axis, flow bins included. */
function axisRanges(axis: UhiAxis): readonly string[] {
  const { underflow, overflow } = flowOf(axis);
  const names = binNames(axis);
  if (names.length > 0) return [...names.map(csvText), ...(overflow ? [nameOfOthers(names)] : [])];
  const edges = [...axisEdges(axis)];
  if (underflow) edges.unshift(Number.NEGATIVE_INFINITY);
  const isCircular = axis.type === "regular" && axis.circular;
  if (overflow && !isCircular) edges.push(Number.POSITIVE_INFINITY);
  const ranges = edges.slice(1).map((edge, index) => `${csvNumber(edges[index])},${csvNumber(edge)}`);
  return isCircular && overflow ? [...ranges, "nan,nan"] : ranges;
}

/** The name for values of no category, which must differ from all names of categories. */
function nameOfOthers(names: readonly string[]): string {
  let name = "other";
  while (names.includes(name)) name = `_${name}`;
  return name;
}

const csvText = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const csvNumber = (value: number) => (Math.abs(value) < Number.MAX_VALUE ? String(value) : value < 0 ? "-inf" : "inf");

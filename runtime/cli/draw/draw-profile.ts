/**
 * Draws the means of one axis: a point for each bin, with a line as long as its error. Where there are more bins than columns, a column has the mean of its bins;
 * one without samples stays empty.
 */
import { rangeOfMeans } from "../../../functions/render/charts/outline-chart.js";
import { formatNumber } from "../../../functions/render/format-number.js";
import type { Bins } from "../../../functions/render/read-histogram.js";
import { type DrawOptions, labelBelow, margin, rows } from "./draw-bars.ts";

export function drawProfile(bins: Bins, { width, colours }: DrawOptions): readonly string[] {
  const merged = Math.max(1, Math.ceil(bins.values.length / (width - margin - 2)));
  const columns = mergeMeans(bins, merged);
  const repeat = Math.max(1, Math.floor((width - margin - 2) / columns.values.length));
  const { min = 0, max = 1 } = rangeOfMeans(columns);
  const row = (value: number) => Math.max(0, Math.min(rows - 1, Math.floor((rows * (value - min)) / (max - min))));
  const symbolAt = (column: number, height: number): string => {
    if (columns.weights[column] === 0) return " ";
    const [mean, error] = [columns.values[column], Math.sqrt(columns.variances[column])];
    if (row(mean) === height) return "●";
    return height >= row(mean - error) && height <= row(mean + error) ? "│" : " ";
  };
  const lines: string[] = [];
  for (let height = rows - 1; height >= 0; height--) {
    const before = Math.floor((repeat - 1) / 2);
    const points = Array.from(columns.values, (_, column) =>
      symbolAt(column, height)
        .padStart(before + 1)
        .padEnd(repeat),
    ).join("");
    const number = height === 0 ? min : height === rows - 1 ? max : undefined;
    const label = (number === undefined ? "" : formatNumber(Number(number.toPrecision(4)))).padStart(margin);
    lines.push(`${colours.dim(label)} ${colours.dim("│")}${colours.cyan(points.trimEnd())}`);
  }
  return [...lines, ...labelBelow(bins, { merged, repeat, columns: columns.values.length * repeat }, colours, ["mean"])];
}

/** Neighbours together, each as heavy as its weight. */
function mergeMeans({ values, variances, weights = new Float64Array() }: Bins, merged: number) {
  const length = Math.ceil(values.length / merged);
  const sums = { values: new Float64Array(length), variances: new Float64Array(length), weights: new Float64Array(length) };
  values.forEach((value, bin) => {
    const column = Math.floor(bin / merged);
    sums.weights[column] += weights[bin];
    sums.values[column] += weights[bin] * value;
    sums.variances[column] += weights[bin] ** 2 * variances[bin];
  });
  const over = (all: Float64Array, power: number) =>
    all.map((sum, column) => (sums.weights[column] === 0 ? 0 : sum / sums.weights[column] ** power));
  return { weights: sums.weights, values: over(sums.values, 1), variances: over(sums.variances, 2) };
}

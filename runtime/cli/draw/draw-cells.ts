/** Draws a histogram of two axes as shaded cells: the first axis goes to the right, the second upwards. */

import { logarithmicFloor } from "../../../functions/render/charts/chart-axes.js";
import { chooseScales } from "../../../functions/render/charts/choose-scales.js";
import { contentShare } from "../../../functions/render/charts/heatmap-chart.js";
import { formatNumber } from "../../../functions/render/format-number.js";
import type { Bins } from "../../../functions/render/read-histogram.js";
import { type DrawOptions, margin } from "./draw-bars.ts";

const shades = "░▒▓█";
const mostRows = 24;

export function drawCells(bins: Bins, { width, colours }: DrawOptions): readonly string[] {
  const [x, y] = [bins.axes[0], bins.axes[1]];
  const cells = mergeCells(bins, { columns: width - margin - 2, rows: mostRows });
  const repeat = cells.columns * 2 <= width - margin - 2 ? 2 : 1;
  const scale = chooseScales(bins).content;
  const top = cells.values.reduce((most, value) => Math.max(most, value), 0) || 1;
  const floor = scale === "log" ? logarithmicFloor(cells.values) : 0;
  const shade = (value: number) => {
    if (value <= 0) return " ";
    const share = contentShare(value, { min: floor, max: Math.max(top, 2 * floor) }, scale);
    return shades[Math.min(shades.length - 1, Math.floor(share * shades.length))];
  };
  const lines: string[] = [];
  for (let row = cells.rows - 1; row >= 0; row--) {
    const blocks = Array.from({ length: cells.columns }, (_, column) => shade(cells.values[column * cells.rows + row]).repeat(repeat)).join(
      "",
    );
    const label = (row === cells.rows - 1 ? ends(y)[1] : row === 0 ? ends(y)[0] : "").slice(0, margin).padStart(margin);
    lines.push(`${colours.dim(label)} ${colours.dim("│")}${colours.cyan(blocks.trimEnd())}`);
  }
  const length = cells.columns * repeat;
  const [first, last] = ends(x);
  const limits = Array.from(shades, (symbol, index) => {
    const share = index / shades.length;
    return `${symbol} from ${formatNumber(Number((scale === "log" ? floor * (top / floor) ** share : top * share).toPrecision(2)))}`;
  });
  lines.push(`${" ".repeat(margin)} ${colours.dim(`└${"─".repeat(length)}`)}`);
  lines.push(`${" ".repeat(margin + 2)}${colours.dim(first + last.padStart(Math.max(1, length - first.length)))}`);
  lines.push(`${" ".repeat(margin + 2)}→ ${x.label || "first axis"} · ↑ ${y.label || "second axis"}`);
  lines.push(`${" ".repeat(margin + 2)}${colours.dim(limits.join(" · "))}`);
  return lines;
}

/** The first and the last edge of an axis, or the names of its first and its last bin. */
const ends = ({ edges, names }: Bins["axes"][number]): readonly [string, string] =>
  names.length > 0 ? [names[0], names[names.length - 1]] : [formatNumber(edges[0]), formatNumber(edges[edges.length - 1])];

interface Cells {
  readonly columns: number;
  readonly rows: number;
  /** The index along the second axis, `row`, changes fastest. */
  readonly values: Float64Array;
}

/** Sums groups of bins into cells, so that the cells fit; for means it takes the mean. */
function mergeCells(bins: Bins, room: { readonly columns: number; readonly rows: number }): Cells {
  const [width, height] = bins.axes.map(({ edges }) => edges.length - 1) as [number, number];
  const across = Math.ceil(width / room.columns);
  const up = Math.ceil(height / room.rows);
  const [columns, rows] = [Math.ceil(width / across), Math.ceil(height / up)];
  const values = new Float64Array(columns * rows);
  const weights = new Float64Array(columns * rows);
  bins.values.forEach((value, bin) => {
    const cell = Math.floor(Math.floor(bin / height) / across) * rows + Math.floor((bin % height) / up);
    weights[cell] += bins.weights?.[bin] ?? 0;
    values[cell] += value * (bins.weights?.[bin] ?? 1);
  });
  if (bins.weights) for (const [cell, weight] of weights.entries()) values[cell] = weight === 0 ? 0 : values[cell] / weight;
  return { columns, rows, values };
}

/** Draws a histogram of two axes as shaded cells: the first axis goes to the right, the second upwards. */

import { logarithmicFloor } from "../../../functions/render/charts/chart-axes.js";
import { chooseScales } from "../../../functions/render/charts/choose-scales.js";
import { contentShare } from "../../../functions/render/charts/heatmap-chart.js";
import { formatNumber } from "../../../functions/render/format-number.js";
import type { Bins } from "../../../functions/render/read-histogram.js";
import type { DrawOptions } from "./draw-bars.ts";

const shades = "░▒▓█";
const mostRows = 24;
const margin = 10;

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
    const edge = row === cells.rows - 1 ? y.edges[y.edges.length - 1] : row === 0 ? y.edges[0] : undefined;
    const label = (edge === undefined ? "" : formatNumber(edge)).padStart(margin);
    lines.push(`${colours.dim(label)} ${colours.dim("│")}${colours.cyan(blocks.trimEnd())}`);
  }
  const length = cells.columns * repeat;
  const [first, last] = [formatNumber(x.edges[0]), formatNumber(x.edges[x.edges.length - 1])];
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

interface Cells {
  readonly columns: number;
  readonly rows: number;
  /** The index along the second axis, `row`, changes fastest. */
  readonly values: Float64Array;
}

/** Sums groups of bins into cells, so that the cells fit. */
function mergeCells(bins: Bins, room: { readonly columns: number; readonly rows: number }): Cells {
  const [width, height] = bins.axes.map(({ edges }) => edges.length - 1) as [number, number];
  const across = Math.ceil(width / room.columns);
  const up = Math.ceil(height / room.rows);
  const [columns, rows] = [Math.ceil(width / across), Math.ceil(height / up)];
  const values = new Float64Array(columns * rows);
  bins.values.forEach((value, bin) => {
    values[Math.floor(Math.floor(bin / height) / across) * rows + Math.floor((bin % height) / up)] += value;
  });
  return { columns, rows, values };
}

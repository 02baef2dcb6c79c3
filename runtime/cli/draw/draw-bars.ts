/** Draws a histogram of one axis as columns of Unicode eighth blocks, with numbers on both axes. */
import { logarithmicFloor } from "../../../functions/render/charts/chart-axes.js";
import { chooseScales } from "../../../functions/render/charts/choose-scales.js";
import { formatNumber } from "../../../functions/render/format-number.js";
import type { Bins } from "../../../functions/render/read-histogram.js";
import type { Colours } from "./terminal.ts";

const eighths = " ▁▂▃▄▅▆▇█";
export const rows = 14;
/** The number of character columns left of the frame, for numbers. */
export const margin = 10;
/** One number for this many rows, counted from the top. */
const rowsPerNumber = 4;
/** The least character columns between two numbers below the axis. */
const numberGap = 12;

export interface DrawOptions {
  readonly width: number;
  readonly colours: Colours;
}

export function drawBars(bins: Bins, { width, colours }: DrawOptions): readonly string[] {
  const scale = chooseScales(bins).content;
  const { heights, merged, repeat } = fitColumns(bins.values, width - margin - 2);
  const top = heights.reduce((most, height) => Math.max(most, height), 0) || 1;
  const floor = scale === "log" ? logarithmicFloor(heights) : 0;
  const share = (height: number) =>
    scale === "linear" ? height / top : height <= floor ? 0 : Math.log(height / floor) / Math.log(Math.max(top, 2 * floor) / floor);
  const valueAt = (part: number) => (scale === "linear" ? part * top : floor * (Math.max(top, 2 * floor) / floor) ** part);
  const levels = Array.from(heights, (height) => level(share(height), height > 0));
  const lines: string[] = [];
  for (let row = rows - 1; row >= 0; row--) {
    const blocks = levels.map((eighth) => eighths[Math.min(8, Math.max(0, eighth - 8 * row))].repeat(repeat)).join("");
    const number = row === 0 ? floor : (rows - 1 - row) % rowsPerNumber === 0 ? valueAt((row + 1) / rows) : undefined;
    const label = (number === undefined ? "" : formatNumber(Number(number.toPrecision(4)))).padStart(margin);
    lines.push(`${colours.dim(label)} ${colours.dim("│")}${colours.cyan(blocks.trimEnd())}`);
  }
  const columns = heights.length * repeat;
  return [...lines, ...labelBelow(bins, { merged, repeat, columns }, colours, [scale === "log" ? "logarithmic" : ""])];
}

/** The lower side of the frame, with edges or names of bins, and the axis's label and notes. */
export function labelBelow(bins: Bins, columns: Columns, colours: Colours, notes: readonly string[]): readonly string[] {
  const [{ edges, names, label }] = bins.axes;
  const below = names.length > 0 ? namesBelow(names, columns) : numbersBelow(edges, columns);
  const words = [label, ...notes, columns.merged > 1 && `${columns.merged} bins a column`].filter(Boolean);
  return [
    `${" ".repeat(margin)} ${colours.dim(`└${"─".repeat(columns.columns)}`)}`,
    `${" ".repeat(margin + 2)}${colours.dim(below)}`,
    ...(words.length > 0 ? [`${" ".repeat(margin + 2)}${words.join(" · ")}`] : []),
  ];
}

/** Fits bins into the width: sums several bins into one column if there are too many, or draws each bin several columns wide. */
export function fitColumns(values: Float64Array, room: number): { heights: Float64Array; merged: number; repeat: number } {
  const merged = Math.max(1, Math.ceil(values.length / room));
  const heights = new Float64Array(Math.ceil(values.length / merged));
  values.forEach((value, bin) => {
    heights[Math.floor(bin / merged)] += value;
  });
  return { heights, merged, repeat: Math.max(1, Math.floor(room / heights.length)) };
}

/** The height of a column in eighths; at least 1 if it is not empty. */
const level = (share: number, filled: boolean) => (filled ? Math.max(1, Math.round(share * rows * 8)) : 0);

interface Columns {
  readonly merged: number;
  readonly repeat: number;
  readonly columns: number;
}

/** Writes the names of bins below their columns, each cut to its room; if a column has several bins, only one name. */
function namesBelow(names: readonly string[], { merged, repeat, columns }: Columns): string {
  let line = "";
  for (let column = 0; column * merged < names.length; column++) {
    const place = column * repeat;
    if (place < line.length && line.length > 0) continue;
    line = line.padEnd(place) + names[column * merged].slice(0, Math.max(repeat, numberGap) - 1);
    if (line.length > place) line += " ";
  }
  return line.slice(0, columns).trimEnd();
}

/** Writes edges of bins below their columns, as many as fit. */
function numbersBelow(edges: readonly number[], { merged, repeat, columns }: Columns): string {
  let line = "";
  for (let column = 0; column * repeat <= columns; column++) {
    const text = formatNumber(edges[Math.min(edges.length - 1, column * merged)]);
    const place = column * repeat;
    const isLast = place === columns;
    if (place !== 0 && !isLast && (place < line.length + 3 || place % numberGap >= repeat || place + text.length + 9 > columns)) continue;
    line = line.padEnd(isLast ? Math.max(line.length + 1, place - text.length + 1) : place) + text;
  }
  return line;
}

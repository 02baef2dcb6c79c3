/**
 * Finds the upper corner in which a box hides least, and how much higher the axis must go so that the box hides nothing.
 *
 * @import { Bins } from "../read-histogram.js"
 * @import { Scales } from "./choose-scales.js"
 */
import { logarithmicFloor, tickInterval } from "./chart-axes.js";

/**
 * @typedef {object} BoxPlace
 * @property {Scales} scales
 * @property {number} reach how far the box reaches from the chart's edge, as a share of the chart's width
 *
 * Finds the better corner. `rise` is how high the contents below the box are drawn, as a share of the highest anywhere; with two axes it is
 * how much of the corner is filled.
 * @param {Bins} bins
 * @param {BoxPlace} place
 * @returns {{ readonly side: "left" | "right", readonly rise: number }}
 */
export function emptierCorner(bins, { scales, reach }) {
  const { edges } = bins.axes[0];
  const place = (/** @type {number} */ edge) => (scales.x === "log" ? Math.log(edge) : edge);
  const [start, end] = [place(edges[0]), place(edges[edges.length - 1])];
  const height = bins.values.length / (edges.length - 1);
  const share = drawnShare(bins.values, scales);
  const rises = { left: 0, right: 0 };
  bins.values.forEach((value, bin) => {
    const column = Math.floor(bin / height);
    const sides = /** @type {const} */ ([
      ["left", (place(edges[column]) - start) / (end - start)],
      ["right", (end - place(edges[column + 1])) / (end - start)],
    ]);
    for (const [side, distance] of sides) {
      if (distance > reach) continue;
      if (bins.axes.length === 1) rises[side] = Math.max(rises[side], share(value));
      else if (value !== 0 && bin % height >= height / 2) rises[side] += 1 / bins.values.length;
    }
  });
  return rises.left < rises.right ? { side: "left", rise: rises.left } : { side: "right", rise: rises.right };
}

/**
 * The upper end of the axis of contents that keeps the contents clear of the statistics box; undefined if they are clear anyway.
 * @param {Bins} bins of one axis
 * @param {{ readonly scales: Scales, readonly rise: number, readonly clear: number }} contents `clear`: up to this share of the chart's height nothing is below
 * the box
 */
export function axisEndBelowBox(bins, { scales, rise, clear }) {
  const stretch = rise / clear;
  const top = bins.values.reduce((most, value) => Math.max(most, value), 0);
  if (stretch <= 1 || top <= 0) return undefined;
  if (scales.content === "log") {
    const floor = logarithmicFloor(bins.values);
    const end = floor * (top / floor) ** stretch;
    const digit = 10 ** Math.floor(Math.log10(end));
    return Math.ceil(end / digit) * digit;
  }
  const step = tickInterval(0, top * stretch);
  return Math.ceil((top * stretch) / step) * step;
}

/**
 * @param {Float64Array} values
 * @param {Scales} scales
 */
function drawnShare(values, { content }) {
  const top = values.reduce((most, value) => Math.max(most, value), 0) || 1;
  if (content === "linear") return (/** @type {number} */ value) => Math.max(0, value) / top;
  const floor = logarithmicFloor(values);
  return (/** @type {number} */ value) => (value <= floor ? 0 : Math.log(value / floor) / Math.log(top / floor));
}

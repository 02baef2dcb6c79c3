/**
 * Draws the statistics as a small framed table.
 *
 * @import { Bins } from "../read-histogram.js"
 * @import { ChartTheme } from "./chart-theme.js"
 */

import { formatNumber } from "../format-number.js";
import { histogramStatistics } from "../histogram-statistics.js";
import { fontFamily } from "./chart-theme.js";

const lineHeight = 17;
const width = 176;
const padding = 9;
/** Draws the box above the cells of a heatmap. Parts do not inherit it from their group, so each part states it. */
const z = 20;

/**
 * The width and height of the box in pixels.
 * @param {Bins} bins
 */
export const statisticsBoxSize = (bins) => ({ width, height: histogramStatistics(bins).length * lineHeight + 2 * padding - 4 });

/**
 * @param {Bins} bins
 * @param {{ readonly theme: ChartTheme, readonly top: number, readonly left?: number, readonly right?: number }} place
 */
export function statisticsBox(bins, { theme, ...place }) {
  const figures = histogramStatistics(bins);
  const { height } = statisticsBoxSize(bins);
  const text = (/** @type {string} */ content, /** @type {number} */ line, /** @type {"left" | "right"} */ align) => ({
    type: "text",
    z,
    x: align === "left" ? padding : width - padding,
    y: padding + (line + 0.5) * lineHeight - 2,
    style: {
      text: content,
      textAlign: align,
      textVerticalAlign: "middle",
      fill: align === "left" ? theme.faint : theme.ink,
      fontSize: 12,
      fontFamily,
    },
    silent: true,
  });
  const frame = {
    type: "rect",
    z,
    shape: { x: 0, y: 0, width, height, r: 4 },
    style: { fill: theme.panel, stroke: theme.grid },
    silent: true,
  };
  const lines = figures.flatMap(({ name, value }, line) => [text(name, line, "left"), text(formatNumber(value), line, "right")]);
  return [{ type: "group", id: "statistics", ...place, children: [frame, ...lines] }];
}

/**
 * The statistics as a small framed table in the emptier of the chart's upper corners.
 *
 * @import { Bins } from "./read-histogram.js"
 * @import { Scale } from "./choose-scales.js"
 * @import { ChartTheme } from "./chart-theme.js"
 */
import { fontFamily } from "./chart-theme.js";
import { formatNumber } from "./format-number.js";
import { histogramStatistics } from "./histogram-statistics.js";

const lineHeight = 17;
const width = 176;
const padding = 9;

/**
 * @param {Bins} bins
 * @param {{ readonly theme: ChartTheme, readonly top: number, readonly left?: number, readonly right?: number }} place
 */
export function statisticsBox(bins, { theme, ...place }) {
  const figures = histogramStatistics(bins);
  const height = figures.length * lineHeight + 2 * padding - 4;
  const text = (/** @type {string} */ content, /** @type {number} */ line, /** @type {"left" | "right"} */ align) => ({
    type: "text",
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
    shape: { x: 0, y: 0, width, height, r: 4 },
    style: { fill: theme.panel, stroke: theme.grid },
    silent: true,
  };
  const lines = figures.flatMap(({ name, value }, line) => [text(name, line, "left"), text(formatNumber(value), line, "right")]);
  return [{ type: "group", id: "statistics", ...place, z: 20, children: [frame, ...lines] }];
}

/**
 * The side on which there is less to hide, by the contents' mean.
 * @param {Bins} bins
 * @param {Scale} across scale of the first axis
 * @returns {"left" | "right"}
 */
export function emptierSide(bins, across) {
  const { edges } = bins.axes[0];
  const place = (/** @type {number} */ edge) => (across === "log" ? Math.log(edge) : edge);
  const [start, end] = [place(edges[0]), place(edges[edges.length - 1])];
  const height = bins.values.length / (edges.length - 1);
  const sums = { left: 0, right: 0 };
  const counts = { left: 0, right: 0 };
  bins.values.forEach((value, bin) => {
    const column = Math.floor(bin / height);
    const share = (place((edges[column] + edges[column + 1]) / 2) - start) / (end - start);
    if (share > 0.35 && share < 0.65) return;
    const side = share <= 0.35 ? "left" : "right";
    // Of two axes, only the upper half of the second can lie below the box; there each filled bin counts the same.
    sums[side] += height === 1 ? value : value !== 0 && bin % height >= height / 2 ? 1 : 0;
    counts[side] += 1;
  });
  return sums.left * counts.right < sums.right * counts.left ? "left" : "right";
}

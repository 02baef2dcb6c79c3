/**
 * Two axes: a coloured cell for every filled bin, and the colours' own scale beside it. Empty bins stay blank.
 *
 * @import { CustomSeriesOption, EChartsOption } from "echarts"
 * @import { Bins } from "../read-histogram.js"
 * @import { Scale, Scales } from "./choose-scales.js"
 * @import { ChartTheme } from "./chart-theme.js"
 */

import { formatNumber } from "../format-number.js";
import { binText, chartAxis, contentExtremes, logarithmicFloor } from "./chart-axes.js";
import { cssColourAt } from "./chart-theme.js";
import { itemTooltip } from "./chart-tooltip.js";

const shades = 64;

/**
 * @param {Bins} bins
 * @param {{ readonly scales: Scales, readonly theme: ChartTheme, readonly interactive: boolean }} look
 * @returns {EChartsOption}
 */
export function heatmapChart(bins, { scales, theme, interactive }) {
  const range = contentRange(bins.values, scales.content);
  const [x, y] = bins.axes;
  const ends = (/** @type {readonly number[]} */ edges) => ({ min: edges[0], max: edges[edges.length - 1] });
  const bar = chartAxis({ title: "", scale: scales.content, ...range, theme });
  const describe = (/** @type {readonly number[]} */ [left, right, low, high, value, error]) =>
    `x ${binText(x, left, right)}\ny ${binText(y, low, high)}\n${formatNumber(value)} ± ${formatNumber(error)}`;
  return {
    xAxis: [
      chartAxis({ title: x.label, scale: scales.x, ...ends(x.edges), theme, names: x.names }),
      { type: "value", gridIndex: 1, min: 0, max: 1, show: false },
    ],
    yAxis: [
      chartAxis({ title: y.label, scale: scales.y, ...ends(y.edges), theme, titleGap: 52, names: y.names }),
      { ...bar, gridIndex: 1, position: "right", minorTick: { show: false } },
    ],
    series: [cells(bins, range, scales.content, interactive), colourBar(range, scales.content)],
    ...(interactive ? { tooltip: itemTooltip(theme, describe) } : {}),
  };
}

/**
 * @param {Float64Array} values
 * @param {Scale} scale
 */
function contentRange(values, scale) {
  const [least, most] = contentExtremes(values);
  const min = scale === "log" ? logarithmicFloor(values) : least;
  return { min, max: most > min ? most : min + 1 };
}

/**
 * @param {number} value
 * @param {{ readonly min: number, readonly max: number }} range
 * @param {Scale} scale
 * @returns {number} from 0 to 1
 */
export function contentShare(value, { min, max }, scale) {
  if (scale === "linear") return (value - min) / (max - min);
  return value <= min ? 0 : Math.log(value / min) / Math.log(max / min);
}

/**
 * A series with one item for each filled bin: `[x lower, x upper, y lower, y upper, value, error, share of the colour scale]`.
 * @param {Bins} bins
 * @param {{ readonly min: number, readonly max: number }} range
 * @param {Scale} scale
 * @param {boolean} interactive
 * @returns {CustomSeriesOption}
 */
function cells(bins, range, scale, interactive) {
  const [x, y] = bins.axes.map(({ edges }) => edges);
  const height = y.length - 1;
  const data = Array.from(bins.values, (value, bin) => {
    const [row, column] = [Math.floor(bin / height), bin % height];
    const error = Math.sqrt(bins.variances[bin]);
    return [x[row], x[row + 1], y[column], y[column + 1], value, error, contentShare(value, range, scale)];
  }).filter(([, , , , value], bin) => (bins.weights?.[bin] ?? value) !== 0);
  return rectangles("cells", { data, silent: !interactive });
}

/**
 * @param {{ readonly min: number, readonly max: number }} range
 * @param {Scale} scale
 * @returns {CustomSeriesOption}
 */
function colourBar({ min, max }, scale) {
  const edge = (/** @type {number} */ shade) =>
    scale === "log" ? min * (max / min) ** (shade / shades) : min + ((max - min) * shade) / shades;
  const data = Array.from({ length: shades }, (_, shade) => [0, 1, edge(shade), edge(shade + 1), 0, 0, (shade + 0.5) / shades]);
  return { ...rectangles("colours", { data, silent: true }), xAxisIndex: 1, yAxisIndex: 1 };
}

/**
 * @param {string} id
 * @param {{ readonly data: number[][], readonly silent: boolean }} content
 * @returns {CustomSeriesOption}
 */
function rectangles(id, { data, silent }) {
  return {
    id,
    type: "custom",
    animation: false,
    clip: true,
    silent,
    data,
    encode: { x: [0, 1], y: [2, 3] },
    renderItem: (_, api) => {
      const value = (/** @type {number} */ dimension) => Number(api.value(dimension));
      const [left, bottom] = api.coord([value(0), value(2)]);
      const [right, top] = api.coord([value(1), value(3)]);
      // Cells are half a pixel larger on each side, so that no seams show between them.
      const shape = { x: left - 0.25, y: top - 0.25, width: right - left + 0.5, height: bottom - top + 0.5 };
      return { type: "rect", shape, style: { fill: cssColourAt(value(6)) } };
    },
  };
}

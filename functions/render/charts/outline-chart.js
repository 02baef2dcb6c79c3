/**
 * Draws a histogram of one axis: a filled step line through the bins, with error bars of sqrt(variance). Guarantee: the line is at a bin's
 * value between the bin's edges; on a logarithmic scale values that are not positive lie on the floor. Means are crosses, as wide as their bin and as
 * high as their error; bins without samples have none.
 *
 * @import { CustomSeriesOption, EChartsOption, LineSeriesOption } from "echarts"
 * @import { Bins } from "../read-histogram.js"
 * @import { Scales } from "./choose-scales.js"
 * @import { ChartTheme } from "./chart-theme.js"
 */

import { formatNumber } from "../format-number.js";
import { binText, chartAxis, contentExtremes, contentTitle, logarithmicFloor, tickInterval } from "./chart-axes.js";
import { itemTooltip } from "./chart-tooltip.js";

/** With more bins than this, hovering names no single bin: each would be narrower than a pixel. */
const mostBinsWithTips = 4000;

/**
 * @param {Bins} bins
 * @param {{ readonly scales: Scales, readonly theme: ChartTheme, readonly interactive: boolean, readonly end: number | undefined }} look `end` of the axis of contents, where it is not for ECharts to choose
 * @returns {EChartsOption}
 */
export function outlineChart(bins, { scales, theme, interactive, end }) {
  const [axis] = bins.axes;
  const { edges } = axis;
  const floor = scales.content === "log" ? logarithmicFloor(bins.values) : contentExtremes(bins.values)[0];
  const tips = interactive && bins.values.length <= mostBinsWithTips;
  const start = scales.content === "log" ? { min: floor } : floor < 0 ? {} : { min: 0 };
  const sums = end === undefined || floor < 0 ? start : { ...start, max: end };
  const range = bins.weights && scales.content === "linear" ? rangeOfMeans(bins) : sums;
  const describe = (/** @type {readonly number[]} */ [lower, upper, value, error]) =>
    `${binText(axis, lower, upper)}\n${formatNumber(value)} ± ${formatNumber(error)}`;
  return {
    xAxis: chartAxis({ title: axis.label, scale: scales.x, min: edges[0], max: edges[edges.length - 1], theme, names: axis.names }),
    yAxis: chartAxis({ title: contentTitle(bins), scale: scales.content, ...range, theme, titleGap: 52 }),
    series: [...(bins.weights ? [] : [outline(bins, { floor, theme })]), errorBars(bins, { floor: range.min ?? floor, theme, tips })],
    ...(tips ? { tooltip: itemTooltip(theme, describe) } : {}),
  };
}

/**
 * Means with their errors, between ticks.
 * @param {Pick<Bins, "values" | "variances" | "weights">} bins
 * @returns {{ readonly min?: number, readonly max?: number }}
 */
export function rangeOfMeans({ values, variances, weights }) {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  values.forEach((value, bin) => {
    if (weights?.[bin] === 0) return;
    least = Math.min(least, value - Math.sqrt(variances[bin]));
    most = Math.max(most, value + Math.sqrt(variances[bin]));
  });
  if (!Number.isFinite(most - least)) return {};
  if (least === most) return { min: least - (Math.abs(least) || 1), max: most + (Math.abs(most) || 1) };
  const step = tickInterval(least, most);
  return { min: Math.floor(least / step) * step, max: Math.ceil(most / step) * step };
}

/**
 * @param {Bins} bins
 * @param {{ readonly floor: number, readonly theme: ChartTheme }} look
 * @returns {LineSeriesOption}
 */
function outline(bins, { floor, theme }) {
  const { edges } = bins.axes[0];
  const last = bins.values.length - 1;
  const height = (/** @type {number} */ bin) => Math.max(floor, bins.values[bin]);
  const steps = Array.from(bins.values, (_, bin) => [edges[bin], height(bin)]);
  return {
    id: "outline",
    type: "line",
    step: "end",
    data: [[edges[0], floor], ...steps, [edges[last + 1], height(last)], [edges[last + 1], floor]],
    showSymbol: false,
    silent: true,
    lineStyle: { color: theme.line, width: 1.6, join: "miter" },
    areaStyle: { color: theme.fill, origin: "start" },
    emphasis: { disabled: true },
    z: 3,
  };
}

/**
 * A series with one item for each bin: `[lower, upper, value, error]`.
 * @param {Bins} bins
 * @param {{ readonly floor: number, readonly theme: ChartTheme, readonly tips: boolean }} look
 * @returns {CustomSeriesOption}
 */
function errorBars(bins, { floor, theme, tips }) {
  const { edges } = bins.axes[0];
  return {
    id: "errors",
    type: "custom",
    animation: false,
    clip: true,
    silent: !tips,
    z: 4,
    data: Array.from(bins.values, (value, bin) => [edges[bin], edges[bin + 1], value, Math.sqrt(bins.variances[bin])]).filter(
      (_, bin) => bins.weights?.[bin] !== 0,
    ),
    encode: { x: [0, 1], y: [2] },
    renderItem: (_, api) => {
      const [lower, upper, value, error] = [0, 1, 2, 3].map((dimension) => Number(api.value(dimension)));
      const left = api.coord([lower, floor]);
      const right = api.coord([upper, floor]);
      const children = [];
      const line = (/** @type {{ x1: number, y1: number, x2: number, y2: number }} */ shape) =>
        children.push({ type: /** @type {const} */ ("line"), shape, style: { stroke: theme.errors, lineWidth: 1 }, silent: true });
      if (tips) {
        const shape = { x: left[0], y: 0, width: right[0] - left[0], height: left[1] };
        children.push({ type: /** @type {const} */ ("rect"), shape, style: { fill: "transparent" } });
      }
      if (error > 0 && value + error > floor) {
        const middle = (left[0] + right[0]) / 2;
        const [, top] = api.coord([lower, value + error]);
        const [, bottom] = api.coord([lower, Math.max(floor, value - error)]);
        line({ x1: middle, y1: top, x2: middle, y2: bottom });
      }
      if (bins.weights && value >= floor) {
        const [, level] = api.coord([lower, value]);
        line({ x1: left[0], y1: level, x2: right[0], y2: level });
      }
      return { type: "group", children };
    },
  };
}

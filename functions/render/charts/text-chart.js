/**
 * A chart that is only text in the middle: the one number of a histogram without axes, or the reason why one with more than two axes is not
 * drawn.
 *
 * @import { EChartsOption } from "echarts"
 * @import { Bins } from "../read-histogram.js"
 * @import { ChartTheme } from "./chart-theme.js"
 */
import { formatNumber } from "../format-number.js";
import { fontFamily } from "./chart-theme.js";

/**
 * @param {Bins} bins
 * @param {{ readonly theme: ChartTheme, readonly width: number, readonly height: number }} look
 * @returns {EChartsOption}
 */
export function textChart(bins, { theme, width, height }) {
  const isNumber = bins.axes.length === 0;
  const style = {
    text: isNumber ? describeNumber(bins) : tooManyAxes(bins),
    textAlign: /** @type {const} */ ("center"),
    textVerticalAlign: /** @type {const} */ ("middle"),
    fill: theme.ink,
    fontSize: isNumber ? 30 : 14,
    fontFamily,
  };
  return { graphic: [{ type: "text", id: "text", x: width / 2, y: height / 2, style, silent: true }] };
}

/** @param {Bins} bins without axes */
export const describeNumber = ({ values, variances }) => `${formatNumber(values[0])} ± ${formatNumber(Math.sqrt(variances[0]))}`;

/** @param {Bins} bins */
export const tooManyAxes = ({ axes }) => `${axes.length} axes are too many to draw: uhi and csv have the contents`;

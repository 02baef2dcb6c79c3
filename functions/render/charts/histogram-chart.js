/**
 * Turns a UHI histogram into an ECharts option, from which the page draws in the browser and the server as SVG. The option's functions hold
 * no state. This is plain JavaScript, because the browser loads this very file.
 *
 * @import { EChartsOption } from "echarts"
 * @import { UhiHistogram } from "../../../engine/histogram/uhi.ts"
 * @import { Scales } from "./choose-scales.js"
 * @import { ThemeName } from "./chart-theme.js"
 */

import { readHistogram } from "../read-histogram.js";
import { chartThemes, fontFamily } from "./chart-theme.js";
import { chooseScales } from "./choose-scales.js";
import { heatmapChart } from "./heatmap-chart.js";
import { outlineChart } from "./outline-chart.js";
import { axisEndBelowBox, emptierCorner } from "./place-box.js";
import { statisticsBox, statisticsBoxSize } from "./statistics-box.js";
import { textChart } from "./text-chart.js";

/**
 * @typedef {object} ChartOptions
 * @property {ThemeName} [theme] default light
 * @property {string} [title] above the chart
 * @property {Partial<Scales>} [scales] default: as `chooseScales` finds fit
 * @property {boolean} [statistics] draws the statistics box into the chart; default true
 * @property {number} [width] of the chart, in pixels; default 720
 * @property {number} [height] default 480
 * @property {boolean} [interactive] tooltips; default false
 * @property {boolean} [narrow] smaller margins, for less than about 500 pixels
 */

/** The pixels between the statistics box and the frame, and between the box and the histogram. */
const boxMargin = 12;

/**
 * @param {UhiHistogram} histogram of one or two axes; without any it is drawn as a number, and of more only that they are too many
 * @param {ChartOptions} [options]
 * @returns {EChartsOption}
 */
export function histogramChart(histogram, options = {}) {
  const dimensions = histogram.axes.length;
  const { theme: themeName = "light", title, width = 720, height = 480, statistics = true, interactive = false, narrow = false } = options;
  const theme = chartThemes[themeName];
  const bins = readHistogram(histogram);
  const left = narrow ? 58 : 76;
  const whole = {
    backgroundColor: "transparent",
    textStyle: { fontFamily, color: theme.ink },
    ...(title ? { title: { text: title, left: left - 4, top: 10, textStyle: { color: theme.ink, fontSize: 15, fontWeight: 600 } } } : {}),
  };
  if (dimensions !== 1 && dimensions !== 2) return { ...whole, ...textChart(bins, { theme, width, height }) };
  const scales = chooseScales(bins, options.scales);
  const top = title ? 44 : 16;
  const frame = { show: true, borderColor: theme.faint, borderWidth: 1, containLabel: false };
  const main = { ...frame, left, top, bottom: 52, right: dimensions === 2 ? 96 : 22 };
  const box = statisticsBoxSize(bins);
  const reach = (box.width + 2 * boxMargin) / (width - left - main.right);
  const clear = 1 - (box.height + 2 * boxMargin) / (height - top - main.bottom);
  const { side, rise } = emptierCorner(bins, { scales, reach });
  const end = statistics && dimensions === 1 ? axisEndBelowBox(bins, { scales, rise, clear }) : undefined;
  const look = { scales, theme, interactive, end };
  const corner = side === "left" ? { left: left + boxMargin } : { right: main.right + boxMargin };
  return {
    ...whole,
    grid: dimensions === 2 ? [main, { ...frame, top, bottom: 52, right: 62, width: 14 }] : main,
    ...(dimensions === 2 ? heatmapChart(bins, look) : outlineChart(bins, look)),
    ...(statistics ? { graphic: statisticsBox(bins, { theme, top: top + boxMargin, ...corner }) } : {}),
    animationDuration: 0,
    animationDurationUpdate: 180,
    animationEasingUpdate: "cubicOut",
  };
}

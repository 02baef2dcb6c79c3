/** Draws a histogram as SVG text on any host, without a browser. ECharts is loaded on first use, since it is large. */
import type { UhiHistogram } from "../../../engine/histogram/uhi.ts";
import { displayable } from "../displayable.js";
import { chartThemes } from "./chart-theme.js";
import { histogramChart } from "./histogram-chart.js";

export interface SvgOptions {
  readonly title?: string;
  /** In pixels; 720 × 480 by default. */
  readonly width?: number;
  readonly height?: number;
}

export async function renderSvg(histogram: UhiHistogram, options: SvgOptions = {}): Promise<string> {
  const { title, width = 720, height = 480 } = displayable(options);
  // The whole library in one file, since its hundreds of modules take a second to load if each is transformed by itself.
  const { init } = await import("echarts/dist/echarts.esm.min.mjs");
  const chart = init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    const look = { width, height, ...(title !== undefined && { title }) };
    chart.setOption({ ...histogramChart(displayable(histogram), look), animation: false, backgroundColor: chartThemes.light.background });
    return withoutCounters(chart.renderToSVGString());
  } finally {
    chart.dispose();
  }
}

/** Removes ECharts' styles for hovering and the number of the picture in its identifiers, so that equal histograms give equal bytes. */
const withoutCounters = (svg: string) =>
  svg
    .replace(/<style\b[\s\S]*?<\/style>\s*/g, "")
    .replace(/ class="zr\d+-cls-\d+"/g, "")
    .replace(/( id="|="url\(#)zr\d+-/g, "$1");

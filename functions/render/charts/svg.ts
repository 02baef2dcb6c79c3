/** Histogram → SVG text, on any host: ECharts draws without a document. Loaded on first use, for it is large. */
import type { UhiHistogram } from "../../../engine/histogram/uhi.ts";
import { chartThemes } from "./chart-theme.js";
import { histogramChart } from "./histogram-chart.js";

export interface SvgOptions {
  readonly title?: string;
  /** Pixels, 720 × 480 unless told. */
  readonly width?: number;
  readonly height?: number;
}

export async function renderSvg(histogram: UhiHistogram, options: SvgOptions = {}): Promise<string> {
  const { title, width = 720, height = 480 } = options;
  // The whole library in one file: its hundreds of modules take a second to load where each is looked at for types.
  const { init } = await import("echarts/dist/echarts.esm.min.mjs");
  const chart = init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    const look = title === undefined ? {} : { title };
    chart.setOption({ ...histogramChart(histogram, look), animation: false, backgroundColor: chartThemes.light.background });
    return withoutCounters(chart.renderToSVGString());
  } finally {
    chart.dispose();
  }
}

/** Equal histograms give equal bytes: ECharts' styles for a hovering mouse go, and the number of the picture in its identifiers. */
const withoutCounters = (svg: string) =>
  svg
    .replace(/<style\b[\s\S]*?<\/style>\s*/g, "")
    .replace(/ class="zr\d+-cls-\d+"/g, "")
    .replace(/( id="|="url\(#)zr\d+-/g, "$1");

/** Draws the report's charts as SVG text, without a browser, so that the page needs no script. */
import { init } from "echarts/dist/echarts.esm.min.mjs";
import { chartThemes, fontFamily } from "../../../functions/render/charts/chart-theme.js";
import type { Kind } from "../../queries/kinds.ts";
import { latencyAt, type Report } from "./report.ts";

const { light } = chartThemes;
/** Okabe and Ito's palette, which people with any common form of colour blindness can tell apart. */
const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];
const width = 1040;
const height = 360;
/** A line with more points than this has no symbols. */
const mostSymbols = 100;

interface Line {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
}

interface Axis {
  readonly name: string;
  readonly log?: boolean;
  /** Only whole numbers are on it, and it need not begin at 0. */
  readonly whole?: boolean;
  readonly format?: (value: number) => string;
}

interface Axes {
  readonly x: Axis;
  readonly y: Axis;
  /** Values of x at which a vertical line is drawn. */
  readonly marks?: readonly number[];
}

/** Draws latency over the share of answers that were faster. On the scale of shares the slowest answers have as much room as the rest. */
export function drawLatencies({ kinds, quantiles }: Pick<Report, "kinds" | "quantiles">): string {
  const lines = kinds.flatMap(({ kind, complete }): Line[] =>
    complete ? [{ name: kind, points: complete.at.map((value, index) => [100 / (100 - quantiles[index]!), Math.max(value, 0.01)]) }] : [],
  );
  const share = (value: number) => `${Number((100 - 100 / value).toFixed(2))} %`;
  return draw(lines, { x: { name: "answers", log: true, format: share }, y: { name: "ms", log: true } });
}

export function drawThroughput({ throughput }: Pick<Report, "throughput">): string {
  const points = throughput.map(({ second, perSecond }) => [second, perSecond] as const);
  return draw([{ name: "questions ended", points }], { x: { name: "s" }, y: { name: "per second" } });
}

/**
 * Draws latency over rate; the knee is where it rises. One kind has a line for each of three shares, several kinds have one line each for
 * p95.
 */
export function drawKneeCurve(reports: readonly Report[]): string {
  const rising = reports.toSorted((a, b) => a.rate - b.rate);
  const names = [...new Set(reports.flatMap(({ kinds }) => kinds.map(({ kind }) => kind)))];
  const axes = { x: { name: "queries/s", log: true }, y: { name: names.length > 1 ? "p95 [ms]" : "ms", log: true } };
  const line = (name: string, kind: Kind, share: 50 | 95 | 99): Line => ({
    name,
    points: rising.flatMap(({ rate, kinds }) => {
      const complete = kinds.find((each) => each.kind === kind)?.complete;
      return complete ? [[rate, Math.max(0.01, latencyAt(complete, share))] as const] : [];
    }),
  });
  const byKind = () => names.map((name) => line(name, name, 95));
  const byShare = () => ([50, 95, 99] as const).map((share) => line(`p${share}`, names[0]!, share));
  return draw(names.length > 1 ? byKind() : byShare(), axes);
}

/** Draws values over time, such as memory during a soak. */
export function drawSeries(lines: readonly Line[], axes: Axes): string {
  return draw(lines, axes);
}

function draw(lines: readonly Line[], { x, y, marks = [] }: Axes): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width, height });
  const axis = ({ name, log, whole, format }: Axis) => ({
    type: log ? ("log" as const) : ("value" as const),
    name,
    ...(whole && { minInterval: 1, scale: true }),
    nameTextStyle: { color: light.ink },
    axisLine: { show: true, lineStyle: { color: light.faint } },
    axisLabel: { color: light.ink, ...(format && { formatter: format }) },
    splitLine: { lineStyle: { color: light.grid } },
  });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: light.background,
      color: colours,
      textStyle: { fontFamily },
      legend: { top: 0, textStyle: { color: light.ink } },
      grid: { left: 70, right: 80, top: 50, bottom: 40 },
      xAxis: axis(x),
      yAxis: axis(y),
      series: lines.map(({ name, points }, index) => ({
        type: "line" as const,
        name,
        data: points.map((point) => [...point]),
        symbolSize: points.length > mostSymbols ? 0 : 5,
        lineStyle: { width: points.length > mostSymbols ? 1 : 2 },
        ...(index === 0 && marks.length > 0 && { markLine: markLines(marks) }),
      })),
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

const markLines = (marks: readonly number[]) => ({
  silent: true,
  symbol: "none",
  label: { show: false },
  lineStyle: { color: light.faint, type: "dashed" as const, width: 1 },
  data: marks.map((xAxis) => ({ xAxis })),
});

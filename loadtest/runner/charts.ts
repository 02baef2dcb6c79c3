/** The report's charts as SVG text: ECharts draws them without a document, so the page needs no script. */
import { init } from "echarts/dist/echarts.esm.min.mjs";
import { chartThemes, fontFamily } from "../../functions/render/chart-theme.js";
import { latencyAt, type Report } from "./report.ts";

const { light } = chartThemes;
/** Okabe and Ito: apart for every common form of colour blindness. */
const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];
const width = 1040;
const height = 360;

interface Line {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
}

interface Axis {
  readonly name: string;
  readonly log?: boolean;
  readonly format?: (value: number) => string;
}

/** Latency over the share of answers that were faster. The share is on a scale on which the slow end has as much room as the rest. */
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

/** Latency over rate, of the kind that is asked most: where it rises is the knee. */
export function drawKneeCurve(reports: readonly Report[]): string {
  const rising = reports.toSorted((a, b) => a.rate - b.rate);
  const lines = ([50, 95, 99] as const).map(
    (share): Line => ({
      name: `p${share}`,
      points: rising.flatMap(({ rate, kinds }) => {
        const most = kinds.toSorted((a, b) => b.rate - a.rate)[0]?.complete;
        return most ? [[rate, Math.max(0.01, latencyAt(most, share))] as const] : [];
      }),
    }),
  );
  return draw(lines, { x: { name: "queries/s", log: true }, y: { name: "ms", log: true } });
}

/** Two or more values over time, as of a soak. */
export function drawSeries(lines: readonly Line[], axes: { readonly x: string; readonly y: string }): string {
  return draw(lines, { x: { name: axes.x }, y: { name: axes.y } });
}

function draw(lines: readonly Line[], { x, y }: { readonly x: Axis; readonly y: Axis }): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width, height });
  const axis = ({ name, log, format }: Axis) => ({
    type: log ? ("log" as const) : ("value" as const),
    name,
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
      grid: { left: 70, right: 110, top: 50, bottom: 40 },
      xAxis: axis(x),
      yAxis: axis(y),
      series: lines.map(({ name, points }) => ({ type: "line" as const, name, data: points.map((point) => [...point]), symbolSize: 5 })),
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

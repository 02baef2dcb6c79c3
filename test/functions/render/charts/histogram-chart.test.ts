import assert from "node:assert/strict";
import { test } from "node:test";
import type { EChartsOption } from "echarts";
import type { Nested, UhiHistogram } from "../../../../engine/histogram/uhi.ts";
import { tickInterval } from "../../../../functions/render/charts/chart-axes.js";
import { colourAt } from "../../../../functions/render/charts/chart-theme.js";
import { chooseScales } from "../../../../functions/render/charts/choose-scales.js";
import { histogramChart } from "../../../../functions/render/charts/histogram-chart.js";
import { axisEndBelowBox, emptierCorner } from "../../../../functions/render/charts/place-box.js";
import { histogramStatistics } from "../../../../functions/render/histogram-statistics.js";
import { readHistogram } from "../../../../functions/render/read-histogram.js";
import { counts, profile, regularAxis, twoAxes, variableAxis, weighted } from "../../../support/engine/sample-histograms.ts";

/** The data of a series, in order. */
function seriesData(option: EChartsOption, id: string): readonly (readonly number[])[] {
  const series = [option.series ?? []].flat().find((each) => each.id === id);
  return (series as unknown as { readonly data: readonly (readonly number[])[] }).data;
}

const axisOf = (option: EChartsOption, name: "xAxis" | "yAxis") => [option[name] ?? []].flat()[0] as Readonly<Record<string, unknown>>;

test("histogramChart draws a step at each bin's value from edge to edge, closed down at both ends", () => {
  const option = histogramChart(counts(variableAxis([0, 1, 3, 7]), [100, 4, 9, 2, 50]));
  assert.deepEqual(seriesData(option, "outline"), [
    [0, 0],
    [0, 4],
    [1, 9],
    [3, 2],
    [7, 2],
    [7, 0],
  ]);
  assert.deepEqual([axisOf(option, "xAxis").min, axisOf(option, "xAxis").max], [0, 7]);
});

test("histogramChart has error bars of sqrt(variance), and of sqrt(n) for counts", () => {
  const plain = histogramChart(counts(regularAxis(2, 0, 4), [1, 9, 16, 1]));
  assert.deepEqual(seriesData(plain, "errors"), [
    [0, 2, 9, 3],
    [2, 4, 16, 4],
  ]);
  const withWeights = histogramChart(weighted(regularAxis(2, 0, 4), [0, -1.5, 8, 0], [0, 4, 0.25, 0]));
  assert.deepEqual(seriesData(withWeights, "errors"), [
    [0, 2, -1.5, 2],
    [2, 4, 8, 0.5],
  ]);
});

test("histogramChart on a logarithmic scale starts below the smallest content and keeps every positive height", () => {
  const option = histogramChart(counts(regularAxis(3, 0, 3), [0, 0, 2, 5000, 0]), { scales: { content: "log" } });
  const axis = axisOf(option, "yAxis");
  assert.equal(axis.type, "log");
  assert.ok(Number(axis.min) > 0 && Number(axis.min) < 2);
  assert.deepEqual(
    seriesData(option, "outline").map(([, height]) => height),
    [axis.min, axis.min, 2, 5000, 5000, axis.min],
  );
});

test("histogramChart shows negative contents below zero", () => {
  const option = histogramChart(weighted(regularAxis(2, 0, 2), [0, -3, 5, 0], [0, 1, 1, 0]));
  assert.equal(axisOf(option, "yAxis").min, undefined);
  assert.deepEqual(
    seriesData(option, "outline").map(([, height]) => height),
    [-3, -3, 5, 5, -3],
  );
});

test("histogramChart titles its axes with the label and what a bin counts", () => {
  const option = histogramChart(counts(regularAxis(4, 0, 10, "m [GeV]"), [0, 1, 1, 1, 1, 0]));
  assert.equal(axisOf(option, "xAxis").name, "m [GeV]");
  assert.equal(axisOf(option, "yAxis").name, "entries / 2.5 GeV");
  assert.equal(axisOf(histogramChart(counts(variableAxis([0, 1, 5], "m [GeV]"), [0, 1, 1, 0])), "yAxis").name, "entries / bin");
});

test("histogramChart draws two axes as cells at their edges, without the flow bins and without empty ones", () => {
  const cells = seriesData(histogramChart(twoAxes), "cells").map((cell) => cell.slice(0, 6));
  assert.deepEqual(cells, [
    [0, 10, 1, 2, 1, 1],
    [0, 10, 2, 4, 2, Math.sqrt(2)],
    [0, 10, 4, 8, 3, Math.sqrt(3)],
    [10, 20, 1, 2, 4, 2],
    [10, 20, 2, 4, 5, Math.sqrt(5)],
    [10, 20, 4, 8, 6, Math.sqrt(6)],
  ]);
  const sparse = {
    ...twoAxes,
    storage: {
      type: "int" as const,
      values: (twoAxes.storage.values as readonly Nested[]).map((row) => (row as readonly number[]).map((n) => (n === 2 ? 0 : n))),
    },
  };
  assert.equal(seriesData(histogramChart(sparse), "cells").length, 5);
});

test("histogramChart colours cells by their share of the range, darkest for the most", () => {
  const shares = seriesData(histogramChart(twoAxes, { scales: { content: "linear" } }), "cells").map((cell) => cell[6]);
  assert.deepEqual(shares, [1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1]);
  assert.deepEqual(colourAt(0), [68, 1, 84]);
  assert.deepEqual(colourAt(1), [253, 231, 37]);
  assert.deepEqual(colourAt(7), colourAt(1));
});

test("histogramChart writes the number of a histogram without axes, and says of one of three what else there is", () => {
  const textOf = (axes: UhiHistogram["axes"], values: Nested) => {
    const { graphic } = histogramChart({ uhi_schema: 1, axes, storage: { type: "int", values } });
    return (graphic as readonly { readonly style: { readonly text: string } }[])[0].style.text;
  };
  assert.equal(textOf([], 16), "16 ± 4");
  const axis = { ...regularAxis(1, 0, 1), underflow: false, overflow: false } as UhiHistogram["axes"][number];
  assert.match(textOf([axis, axis, axis], [[[1]]]), /^3 axes are too many to draw: uhi and csv/);
});

test("histogramChart draws an empty histogram, light and dark, for a narrow page too", () => {
  for (const theme of ["light", "dark"] as const) {
    const option = histogramChart(counts(regularAxis(2, 0, 1), [0, 0, 0, 0]), { theme, narrow: true, interactive: true });
    assert.equal(axisOf(option, "yAxis").min, 0);
    assert.equal(seriesData(option, "errors").length, 2);
  }
});

test("histogramStatistics gives entries with flow, mean and deviation of what is in range", () => {
  const figures = histogramStatistics(readHistogram(counts(regularAxis(2, 0, 4), [7, 3, 1, 5])));
  const expected = { entries: 16, mean: (3 * 1 + 1 * 3) / 4, "std dev": Math.sqrt((3 * 0.25 + 1 * 2.25) / 4), underflow: 7, overflow: 5 };
  assert.deepEqual(Object.fromEntries(figures.map(({ name, value }) => [name, value])), expected);
});

test("histogramStatistics of two axes gives both means and what lies outside", () => {
  const figures = Object.fromEntries(histogramStatistics(readHistogram(twoAxes)).map(({ name, value }) => [name, value]));
  assert.equal(figures.outside, 140);
  assert.equal(figures["mean x"], (6 * 5 + 15 * 15) / 21);
  assert.equal(figures["mean y"], (5 * 1.5 + 7 * 3 + 9 * 6) / 21);
});

test("chooseScales takes a logarithmic x for bins that grow by a factor, never where an axis touches zero", () => {
  const growing = Array.from({ length: 31 }, (_, k) => 0.1 * 10 ** (k / 10));
  const values = new Array<number>(32).fill(5);
  assert.deepEqual(chooseScales(readHistogram(counts(variableAxis(growing), values))), { x: "log", y: "linear", content: "log" });
  assert.equal(chooseScales(readHistogram(counts(variableAxis([0, 1, 1000]), [0, 1, 1, 0])), { x: "log" }).x, "linear");
  assert.equal(chooseScales(readHistogram(counts(regularAxis(4, 60, 120), [0, 8, 9, 10, 9, 0]))).content, "linear");
  assert.equal(chooseScales(readHistogram(counts(regularAxis(4, 60, 120), [0, 1, 9, 10_000, 9, 0]))).content, "log");
});

const linear = { x: "linear", y: "linear", content: "linear" } as const;
const reach = 0.36;
const sixBins = (...values: readonly number[]) => readHistogram(counts(regularAxis(6, 0, 6), [0, ...values, 0]));

test("emptierCorner is where the contents are low, and tells how high they are there", () => {
  assert.deepEqual(emptierCorner(sixBins(9, 8, 10, 1, 1, 2), { scales: linear, reach }), { side: "right", rise: 0.2 });
  assert.deepEqual(emptierCorner(sixBins(1, 1, 5, 1, 8, 10), { scales: linear, reach }), { side: "left", rise: 0.5 });
  const logarithmic = { ...linear, content: "log" } as const;
  const { side, rise } = emptierCorner(sixBins(200, 200, 20_000, 2, 2, 20), { scales: logarithmic, reach });
  assert.equal(side, "right");
  assert.ok(Math.abs(rise - Math.log(20) / Math.log(20_000)) < 1e-12);
});

test("emptierCorner of two axes looks at the upper half only", () => {
  assert.equal(emptierCorner(readHistogram(twoAxes), { scales: linear, reach }).side, "right");
});

test("axisEndBelowBox raises the axis until what is below the box is clear of it, and not where it is clear", () => {
  const flat = sixBins(100, 100, 100, 100, 100, 100);
  const end = axisEndBelowBox(flat, { scales: linear, rise: 1, clear: 0.66 })!;
  assert.ok(end >= 100 / 0.66 && end <= 200, `${end}`);
  assert.equal(axisEndBelowBox(flat, { scales: linear, rise: 0.6, clear: 0.66 }), undefined);
  assert.equal(axisEndBelowBox(sixBins(0, 0, 0, 0, 0, 0), { scales: linear, rise: 0, clear: 0.66 }), undefined);
});

test("histogramChart draws the contents below the statistics box clear of it, however large the chart is", () => {
  for (const [width, height] of [
    [530, 300],
    [720, 480],
    [1400, 640],
  ] as const) {
    for (const content of ["linear", "log"] as const) {
      const option = histogramChart(counts(regularAxis(6, 0, 6), [0, 1400, 1400, 1400, 1400, 1400, 1400, 0]), {
        scales: { content },
        width,
        height,
      });
      const { min = 0, max } = axisOf(option, "yAxis") as { readonly min?: number; readonly max: number };
      const scale = content === "log" ? Math.log : Number;
      const { top, bottom } = option.grid as { readonly top: number; readonly bottom: number };
      const contents = height - bottom - ((height - top - bottom) * (scale(1400) - scale(min))) / (scale(max) - scale(min));
      const [box] = option.graphic as readonly {
        readonly top: number;
        readonly children: readonly { readonly shape: { readonly height: number } }[];
      }[];
      assert(contents > box!.top + box!.children[0]!.shape.height, `${width} × ${height}, ${content}`);
    }
  }
});

test("tickInterval meets both ends of a range where a round step does", () => {
  for (const [min, max, step] of [
    [60, 120, 10],
    [0, 100, 20],
    [0, 2000, 500],
    [20, 200, 20],
    [15, 60, 5],
    [-3, 3, 1],
  ]) {
    assert.equal(tickInterval(min, max), step);
  }
});

test("histogramChart draws means as crosses, none where there are no samples, on an axis that holds them all", () => {
  const option = histogramChart(profile);
  assert.equal(seriesData(option, "errors").length, 3);
  assert.deepEqual(seriesData(option, "errors")[0], [0, 2, 1, 1], "the error of a mean of four");
  assert.deepEqual(
    [option.series ?? []].flat().map(({ id }) => id),
    ["errors"],
  );
  const { min, max, name } = axisOf(option, "yAxis") as { readonly min: number; readonly max: number; readonly name: string };
  assert.ok(min <= -2 && max >= 4 && name === "mean");
  assert.deepEqual(histogramStatistics(readHistogram(profile)), [
    { name: "entries", value: 9 },
    { name: "mean", value: (4 * 1 - 2 + 2 * 3) / 7 },
  ]);
});

test("histogramChart names categories in the middle of their bins", () => {
  const option = histogramChart(counts({ type: "category_str", categories: ["e", "μ"], flow: true }, [3, 4, 5]));
  const { min, max, axisLabel } = axisOf(option, "xAxis") as { readonly min: number; readonly max: number; readonly axisLabel: object };
  const { customValues, formatter } = axisLabel as { readonly customValues: readonly number[]; formatter(value: number): string };
  assert.deepEqual([min, max, customValues.map(formatter)], [-0.5, 1.5, ["e", "μ"]]);
  assert.equal(axisOf(option, "yAxis").name, "entries");
});

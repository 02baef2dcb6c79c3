/**
 * Shows the histograms of a result: one chart, tabs if there are several, switches for logarithmic axes, the statistics as text. A scale that the
 * user did not choose is decided once for each histogram of a query, so that it does not change while the histogram fills.
 *
 * @import { UhiHistogram } from "../../../../engine/histogram/uhi.ts"
 * @import { Scales } from "../../../render/charts/choose-scales.js"
 */
import * as echarts from "echarts";
import { canBeLogarithmic, chooseScales } from "../../../render/charts/choose-scales.js";
import { histogramChart } from "../../../render/charts/histogram-chart.js";
import { displayable } from "../../../render/displayable.js";
import { formatNumber } from "../../../render/format-number.js";
import { histogramStatistics } from "../../../render/histogram-statistics.js";
import { readHistogram } from "../../../render/read-histogram.js";
import { element, fill, setAttribute } from "../elements.js";

const narrowWidth = 520;

/** @param {{ readonly onSelect: (name: string) => void }} options */
export function createChartView({ onSelect }) {
  const tabs = element("div", { class: "tabs", role: "tablist", "aria-label": "Histograms", onkeydown: onTabKey });
  const canvas = element("div", { class: "chart", role: "img" });
  const switches = element("div", { class: "switches", role: "group", "aria-label": "Scales" });
  const statistics = element("dl", { class: "statistics", "aria-label": "Statistics" });
  const node = element(
    "div",
    { class: "chart-view", hidden: true },
    element("div", { class: "chart-head" }, tabs, switches),
    canvas,
    statistics,
  );

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  /** @type {echarts.ECharts | undefined} */
  let chart;
  /** @type {Readonly<Record<string, UhiHistogram>>} */
  let histograms = {};
  let selected = "";
  /** @type {Map<string, Scales>} */
  let scales = new Map();

  dark.addEventListener("change", draw);
  new ResizeObserver(() => {
    chart?.resize();
    draw();
  }).observe(canvas);

  function draw() {
    const histogram = histograms[selected];
    if (!histogram || canvas.clientWidth === 0) return;
    const bins = readHistogram(histogram);
    const chosen = scales.get(selected) ?? chooseScales(bins);
    if (bins.total !== 0) scales.set(selected, chosen);
    const narrow = canvas.clientWidth < narrowWidth;
    chart ??= echarts.init(canvas, null, { renderer: "canvas" });
    const option = histogramChart(displayable(histogram), {
      theme: dark.matches ? "dark" : "light",
      scales: chosen,
      width: canvas.clientWidth,
      height: canvas.clientHeight,
      interactive: true,
      statistics: !narrow,
      narrow,
    });
    chart.setOption({ ...option, animation: !still.matches }, { notMerge: false, replaceMerge: ["xAxis", "yAxis", "grid", "graphic"] });
    describe(bins, narrow);
    drawSwitches(bins, chosen);
  }

  /**
   * @param {import("../../../render/read-histogram.js").Bins} bins
   * @param {boolean} narrow
   */
  function describe(bins, narrow) {
    const figures = histogramStatistics(bins);
    canvas.setAttribute(
      "aria-label",
      `Histogram ${selected}: ${figures.map(({ name, value }) => `${name} ${formatNumber(value)}`).join(", ")}`,
    );
    statistics.className = narrow ? "statistics" : "statistics visually-hidden";
    fill(
      statistics,
      ...figures.map(({ name, value }) => element("div", {}, element("dt", {}, name), element("dd", {}, formatNumber(value)))),
    );
  }

  /**
   * @param {import("../../../render/read-histogram.js").Bins} bins
   * @param {Scales} chosen
   */
  function drawSwitches(bins, chosen) {
    const dimensions = bins.axes.length;
    const isDrawn = dimensions === 1 || dimensions === 2;
    /** @type {readonly { readonly axis: keyof Scales, readonly label: string, readonly possible: boolean }[]} */
    const axes = [
      { axis: "x", label: "log x", possible: isDrawn && canBeLogarithmic(bins.axes[0].edges) },
      { axis: "y", label: "log y", possible: dimensions === 2 && canBeLogarithmic(bins.axes[1].edges) },
      { axis: "content", label: dimensions === 2 ? "log colours" : "log y", possible: isDrawn },
    ];
    const wanted = axes.filter(({ possible }) => possible);
    if (switches.childElementCount !== wanted.length) {
      fill(
        switches,
        ...wanted.map(({ axis }) => element("button", { type: "button", class: "switch", "data-axis": axis, onclick: () => toggle(axis) })),
      );
    }
    wanted.forEach(({ axis, label }, index) => {
      const button = switches.children[index];
      setAttribute(button, "aria-pressed", String(chosen[axis] === "log"));
      if (button.textContent !== label) button.textContent = label;
    });
  }

  /** @param {keyof Scales} axis */
  function toggle(axis) {
    const chosen = scales.get(selected) ?? chooseScales(readHistogram(histograms[selected]));
    scales.set(selected, { ...chosen, [axis]: chosen[axis] === "log" ? "linear" : "log" });
    draw();
  }

  /** @param {string} name */
  function select(name) {
    selected = name;
    for (const tab of tabs.children) {
      const active = tab.textContent === name;
      setAttribute(tab, "aria-selected", String(active));
      setAttribute(tab, "tabindex", active ? 0 : -1);
    }
    fill(switches);
    chart?.clear();
    draw();
    onSelect(name);
  }

  /** @param {KeyboardEvent} event */
  function onTabKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const names = Object.keys(histograms);
    select(names[(names.indexOf(selected) + step + names.length) % names.length]);
    /** @type {HTMLElement | null} */ (tabs.querySelector("[aria-selected=true]"))?.focus();
  }

  return {
    node,
    /** Forgets scales and selection, since another query follows. */
    reset() {
      scales = new Map();
      histograms = {};
      node.hidden = true;
      chart?.clear();
    },
    /** @param {Readonly<Record<string, UhiHistogram>>} next */
    show(next) {
      const names = Object.keys(next);
      const known = Object.keys(histograms);
      histograms = next;
      node.hidden = names.length === 0;
      if (names.length === 0) return fill(tabs);
      if (names.length === known.length && names.every((name, index) => name === known[index])) return draw();
      fill(tabs, ...names.map((name) => element("button", { type: "button", role: "tab", onclick: () => select(name) }, name)));
      if (names.length > 0) select(names[0]);
    },
  };
}

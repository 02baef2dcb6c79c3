/**
 * A small panel with the statistics of a column and a histogram of its values; a column of lists has several values per event.
 *
 * Guarantees: nothing is computed before a column is selected, nor while the panel is closed. What arrives of a column that is no longer selected is not
 * shown, and the interest in its histogram ends.
 *
 * @import { UhiHistogram } from "../../../../engine/histogram/uhi.ts"
 * @import { ApiClient, Column, ColumnStatistics } from "../../../client/api-client.js"
 */
import { askToEnd } from "../../../client/ask-to-end.js";
import { formatNumber } from "../../../render/format-number.js";
import { element, fill, setText } from "../elements.js";
import { columnBars } from "./column-bars.js";

/** Less urgent than usual queries, so that these come first. */
const priority = 800;
const mostBins = 40;

/** @param {{ readonly api: ApiClient }} options */
export function createColumnPanel({ api }) {
  const head = element("summary", {});
  const figures = element("dl", { "aria-label": "Statistics of the column" });
  const drawing = element("div", {});
  const line = element("p", { role: "status" });
  const node = element("details", { class: "column", open: true, hidden: true, ontoggle: onToggle }, head, figures, drawing, line);

  /** @type {{ readonly dataset: string, readonly column: Column } | undefined} */
  let selected;
  /** @type {AbortController | undefined} aborts the requests for the selected column; undefined if none were sent yet */
  let asking;
  /** @type {ColumnStatistics | undefined} */
  let statistics;
  /** @type {UhiHistogram | undefined} */
  let histogram;

  function onToggle() {
    if (!node.open) clear();
    else if (!asking) ask();
  }

  function clear() {
    asking?.abort();
    asking = undefined;
    statistics = undefined;
    histogram = undefined;
    fill(figures);
    fill(drawing);
    setText(line, "");
  }

  async function ask() {
    if (!selected || !node.open) return;
    const { dataset, column } = selected;
    const controller = new AbortController();
    const { signal } = controller;
    asking = controller;
    setText(line, "Reading the column…");
    try {
      const [total, ended] = await Promise.all([
        askStatistics(dataset, column, signal),
        column.dtype === "string" ? undefined : askHistogram(dataset, column, signal),
      ]);
      // The dataset grew meanwhile.
      if (ended && ended.events.total > total) await askStatistics(dataset, column, signal);
      if (ended && ended.state !== "done" && !signal.aborted) setText(line, `Its histogram was ${ended.state}.`);
    } catch (error) {
      if (signal.aborted) return;
      controller.abort();
      // Selecting the column again repeats the requests.
      asking = undefined;
      setText(line, error instanceof Error ? error.message : String(error));
    }
  }

  /** @type {(dataset: string, column: Column, signal: AbortSignal) => Promise<number>} The events of the dataset. */
  async function askStatistics(dataset, { name }, signal) {
    for (;;) {
      const answer = await api.columnStatistics(dataset, name, signal);
      signal.throwIfAborted();
      [statistics] = answer.statistics;
      const { done, total } = answer.events;
      const failed = answer.failures.length;
      const cause = failed === 0 ? "" : ` ${failed} ${failed === 1 ? "partition" : "partitions"} failed: ${answer.failures[0].cause}`;
      setText(line, done === total ? "" : `Of ${formatNumber(done)} of ${formatNumber(total)} events.${cause}`);
      draw();
      if (answer.isEnded) return total;
    }
  }

  /** @type {(dataset: string, column: Column, signal: AbortSignal) => Promise<import("../../../api.ts").Status>} */
  function askHistogram(dataset, column, signal) {
    const text = JSON.stringify(histogramQuery(dataset, column));
    return askToEnd({
      api,
      ask: (request) => api.submit(text, request),
      onStatus({ histograms }) {
        if (signal.aborted) return;
        histogram = histograms.values;
        draw();
      },
      onTrouble: (error) => console.info("the histogram of a column may go on:", error),
      signal,
    });
  }

  function draw() {
    if (!selected) return;
    const list = statistics ? figuresOf(statistics, selected.column) : [];
    fill(
      figures,
      ...list.map(([name, value]) =>
        element("div", {}, element("dt", {}, name), element("dd", { title: String(value) }, formatNumber(value))),
      ),
    );
    const numbers = list.map(([name, value]) => `${name} ${formatNumber(value)}`).join(", ");
    fill(drawing, histogram && columnBars(histogram, `Histogram of ${selected.column.name}${numbers && `: ${numbers}`}`));
  }

  return {
    node,
    /** @type {(dataset: string, column: Column) => void} */
    show(dataset, column) {
      const isSame = selected?.dataset === dataset && selected.column.name === column.name;
      if (isSame && asking) return;
      clear();
      selected = { dataset, column };
      node.hidden = false;
      setText(head, column.name);
      ask();
    },
    hide() {
      clear();
      selected = undefined;
      node.hidden = true;
    },
  };
}

/**
 * @param {string} dataset
 * @param {Column} column
 */
function histogramQuery(dataset, { name, dtype, lists }) {
  const value = `col(${JSON.stringify(name)})${".flatMap(list => list)".repeat(Math.max(0, lists.length - 1))}`;
  const axis = dtype === "bool" ? { type: "boolean", value } : { type: "auto", bins: mostBins, value };
  return { dataset, name: `histogram of ${name}`.slice(0, 200), priority, histograms: { values: { axes: [axis] } } };
}

/**
 * Minimum, maximum and mean are those of the finite values; of strings there is only their number.
 * @param {ColumnStatistics} statistics
 * @param {Column} column
 * @returns {readonly (readonly [name: string, value: number])[]}
 */
function figuresOf({ values, sum, min, max, nonfinite }, { dtype }) {
  /** @type {(name: string, value: number | null) => (readonly [string, number])[]} */
  const figure = (name, value) => (value === null ? [] : [[name, value]]);
  const mean = sum === null || min === null ? null : sum / (values - nonfinite);
  const range = [...figure("min", min), ...figure("max", max)];
  return [
    ...figure("values", values),
    ...(dtype === "bool" ? figure("true", sum) : range),
    ...figure("mean", mean),
    ...(nonfinite === 0 ? [] : figure("not finite", nonfinite)),
  ];
}

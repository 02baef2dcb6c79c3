/**
 * The panel of the result: the query's state in words, its progress, notices, the histograms, cut flow, totals, failures and links to the result.
 *
 * @import { ApiClient } from "../../../client/api-client.js"
 * @import { Status } from "../../../api.ts"
 * @import { CutflowLine } from "../../../render/cutflow-lines.js"
 * @import { Run } from "../run-query.js"
 */
import { cutflowLines } from "../../../render/cutflow-lines.js";
import { formatNumber } from "../../../render/format-number.js";
import { element, fill, setAttribute, setText } from "../elements.js";
import { createChartView } from "./chart-view.js";
import { describeRun, describeSubmission, stateOf } from "./describe-run.js";
import { createTimingView } from "./timing-view.js";

/** The least milliseconds between two announcements of progress to a screen reader. */
const announceInterval = 4000;

/**
 * @param {{ readonly parent: HTMLElement, readonly api: ApiClient, readonly onRetry: () => void }} options
 */
export function createResultView({ parent, api, onRetry }) {
  const title = element("h2", {}, "Result");
  const badge = element("span", { class: "badge", hidden: true });
  const line = element("p", { class: "progress-line" });
  const announcer = element("p", { class: "visually-hidden", role: "status", "aria-live": "polite" });
  const bar = element("div", { class: "bar", role: "progressbar", "aria-label": "Partitions done", "aria-valuemin": 0, hidden: true });
  const segments = ["done", "failed", "running", "loading"].map((kind) => element("span", { class: kind }));
  fill(bar, ...segments);
  const submission = element("p", { class: "submission" });
  const notes = element("ul", { class: "query-notes", "aria-label": "Notes", hidden: true });
  const links = element("p", { class: "links" });
  const variation = element("select", { "aria-label": "Variation", hidden: true, onchange: choose });
  const chart = createChartView({ onSelect: showLinks });
  const cutflow = element("div", { class: "cutflow", hidden: true });
  const totals = element("div", { class: "cutflow", hidden: true });
  const failures = element("div", { class: "failures", hidden: true });
  const timing = createTimingView();
  const empty = element("p", { class: "empty" }, "Choose an example or write a query, then run it: the histogram fills in here.");
  fill(
    parent,
    element("div", { class: "result-head" }, title, badge),
    line,
    announcer,
    bar,
    notes,
    empty,
    variation,
    chart.node,
    links,
    submission,
    cutflow,
    totals,
    failures,
    timing.node,
  );

  let announced = 0;
  let announcedState = "";
  let selected = "";
  /** @type {Status | undefined} */
  let linked;
  /** @type {Status | undefined} */
  let latest;

  /** @param {Run} run */
  function announce(run) {
    const state = stateOf(run);
    if (state === announcedState && performance.now() - announced < announceInterval) return;
    announced = performance.now();
    announcedState = state;
    setText(announcer, `${state}: ${describeRun(run)}`);
  }

  /** @param {Status["partitions"]} partitions */
  function showBar(partitions) {
    bar.hidden = false;
    setAttribute(bar, "aria-valuemax", partitions.total);
    setAttribute(bar, "aria-valuenow", partitions.done);
    for (const segment of segments) {
      const count = partitions[/** @type {"done"} */ (segment.className)];
      segment.style.width = `${(100 * count) / Math.max(1, partitions.total)}%`;
    }
  }

  /** @param {Status} status */
  function showNotes({ notices = [] }) {
    notes.hidden = notices.length === 0;
    if (
      notes.childElementCount === notices.length &&
      notices.every((notice, index) => notes.children[index].textContent === `note: ${notice}`)
    )
      return;
    fill(notes, ...notices.map((notice) => element("li", {}, `note: ${notice}`)));
  }

  /** @param {string} name */
  function showLinks(name) {
    selected = name;
    if (!linked) return fill(links);
    const { id, histograms, rows } = linked;
    const several = Object.keys(histograms).length > 1;
    const link = (/** @type {string} */ format) => {
      const named = variation.selectedIndex > 0 ? `${selected}/${variation.value}` : several ? selected : undefined;
      const href = api.resultPath(id, format, format === "json" ? undefined : named);
      return element("a", { href, target: "_blank", rel: "noopener" }, format.toUpperCase());
    };
    const formats = ["json", ...(selected === undefined ? [] : ["uhi", "root", "csv", "svg"]), ...(rows ? ["jsonl", "parquet"] : [])];
    fill(links, ...formats.flatMap((format, index) => [index > 0 && " · ", link(format)]));
  }

  /** @param {readonly string[]} names */
  function offerVariations(names) {
    if (variation.options.length === (names.length === 0 ? 0 : names.length + 1)) return;
    variation.hidden = names.length === 0;
    fill(variation, ...(names.length === 0 ? [] : ["nominal", ...names]).map((name) => element("option", { value: name }, name)));
  }

  /** Shows the result of the query, or of the variation that is chosen. */
  function showContent() {
    if (!latest) return;
    const content = variation.selectedIndex > 0 ? latest.variations[variation.value] : latest;
    chart.show(content.histograms);
    const lines = cutflowLines(content);
    cutflow.hidden = lines.length === 0;
    fill(cutflow, cutflowTable(lines));
    totals.hidden = Object.keys(content.totals).length === 0;
    fill(totals, totalsTable(content.totals));
  }

  function choose() {
    showContent();
    showLinks(selected);
  }

  /** @param {Status} status */
  function showFailures({ failures: list, partitions: { failed } }) {
    failures.hidden = list.length === 0;
    if (list.length === 0) return;
    const lines = list.map(({ partition, file, variation, attempts, cause }) =>
      element(
        "li",
        {},
        element("strong", {}, `Partition ${partition}`),
        ` of ${file}${variation === undefined ? "" : `, variation ${variation}`}, after ${attempts} ${attempts === 1 ? "attempt" : "attempts"}: ${cause}`,
      ),
    );
    const heading =
      failed === 1
        ? "One partition failed: its events are not in the result"
        : `${failed} partitions failed: their events are not in the result${failed > list.length ? `; the first ${list.length} of them` : ""}`;
    fill(
      failures,
      element("h3", {}, heading),
      element("ul", {}, ...lines),
      element("button", { type: "button", onclick: onRetry }, "Try them again"),
    );
  }

  return {
    /** Call it when another query starts. */
    reset() {
      chart.reset();
      linked = undefined;
      latest = undefined;
      offerVariations([]);
      fill(links);
      bar.hidden = true;
      notes.hidden = true;
      cutflow.hidden = true;
      totals.hidden = true;
      failures.hidden = true;
      timing.hide();
      setText(submission, "");
    },
    /** @param {Run} run */
    show(run) {
      const { status, shown } = run;
      const state = stateOf(run);
      empty.hidden = run.phase !== "idle";
      badge.hidden = run.phase === "idle";
      badge.className = `badge ${state.replaceAll(" ", "-")}`;
      setText(badge, state);
      setText(line, describeRun(run));
      announce(run);
      if (!status || !shown) return;
      setText(title, status.name ?? "Result");
      showBar(status.partitions);
      showNotes(status);
      if (run.submission) setText(submission, describeSubmission(run.submission));
      latest = shown;
      offerVariations(Object.keys(shown.variations));
      showFailures(status);
      if (run.phase === "ended") timing.show(status);
      if (linked?.id !== status.id) {
        linked = shown;
        showLinks(selected in shown.histograms ? selected : Object.keys(shown.histograms)[0]);
      }
      showContent();
    },
  };
}

/**
 * Shows how many events, and how much weight, passed each filter.
 * @param {readonly CutflowLine[]} lines
 */
function cutflowTable(lines) {
  const weighted = lines.some(({ events, weight }) => weight !== undefined && events !== weight);
  const share = (/** @type {number} */ part) => (Number.isNaN(part) ? "–" : `${(100 * part).toFixed(1)} %`);
  const number = (/** @type {string} */ text) => element("td", { class: "number" }, text);
  const rows = lines.map(({ filter, events, weight, ofBefore, ofAll }, index) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, index === 0 ? filter : element("code", {}, filter)),
      number(formatNumber(events)),
      weighted && number(weight === undefined ? "" : formatNumber(weight)),
      number(index === 0 ? "" : share(ofBefore)),
      number(share(ofAll)),
    ),
  );
  const heads = ["passed", "events", ...(weighted ? ["weight"] : []), "of those before", "of all"];
  return element(
    "table",
    {},
    element("caption", {}, "Cut flow"),
    element(
      "thead",
      {},
      element("tr", {}, ...heads.map((head, index) => element("th", { scope: "col", ...(index > 0 ? { class: "number" } : {}) }, head))),
    ),
    element("tbody", {}, ...rows),
  );
}

/**
 * Shows the totals with all their digits: others are normalised by them.
 * @param {Status["totals"]} totals
 */
function totalsTable(totals) {
  const rows = Object.entries(totals).map(([name, { value, nonFinite }]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, name),
      element("td", { class: "number" }, String(value)),
      element("td", { class: "number" }, nonFinite === 0 ? "" : formatNumber(nonFinite)),
    ),
  );
  const heads = ["", "sum", "not finite"].map((head, index) =>
    element("th", { scope: "col", ...(index > 0 ? { class: "number" } : {}) }, head),
  );
  return element(
    "table",
    {},
    element("caption", {}, "Totals of all events"),
    element("thead", {}, element("tr", {}, ...heads)),
    element("tbody", {}, ...rows),
  );
}

/**
 * The panel of datasets: a choice of datasets, their sizes, the progress of one that is being made, the tree of its columns with a filter, and the
 * content of the selected column.
 *
 * @import { ApiClient, DatasetDescription, DatasetSummary } from "../../../client/api-client.js"
 */
import { pause } from "../../../client/pause.js";
import { formatBytes, formatNumber } from "../../../render/format-number.js";
import { element, fill, setText } from "../elements.js";
import { createColumnPanel } from "./column-panel.js";
import { filterTree, schemaTree } from "./schema-tree.js";
import { createTreeView } from "./tree-view.js";

const preparingInterval = 1000;
const retryInterval = 3000;

/**
 * @param {{ readonly parent: HTMLElement, readonly api: ApiClient, readonly onInsert: (words: string) => void, readonly onChoose: (dataset: string) => void }} options
 */
export function createDatasetBrowser({ parent, api, onInsert, onChoose }) {
  const choice = element("select", { id: "dataset", onchange: () => choose(choice.value) });
  const facts = element("p", { class: "facts" });
  const making = element("div", { class: "making", hidden: true });
  const filter = element("input", { type: "search", placeholder: "Filter columns", "aria-label": "Filter columns", oninput: showTree });
  const column = createColumnPanel({ api });
  const tree = createTreeView({
    label: "Columns",
    onPick(item) {
      onInsert(item.insert);
      if (item.column && shown) column.show(shown.name, item.column);
    },
  });
  const notes = element("div", { class: "notes" });
  const head = element("summary", {}, "Datasets");
  const wide = matchMedia("(min-width: 761px)");
  const details = element(
    "details",
    { open: wide.matches },
    head,
    element("label", { for: "dataset" }, "Dataset"),
    choice,
    facts,
    making,
    filter,
    tree.node,
    column.node,
    notes,
  );
  fill(parent, details);
  wide.addEventListener("change", () => {
    details.open = wide.matches;
  });

  /** @type {readonly DatasetSummary[]} */
  let datasets = [];
  /** @type {DatasetDescription | undefined} */
  let shown;
  let loading = new AbortController();

  function showTree() {
    const items = filterTree(schemaTree(shown?.columns ?? []), filter.value);
    tree.show(items, filter.value.trim() ? { open: true } : {});
  }

  /** @param {DatasetDescription} dataset */
  function describe(dataset) {
    const { entries, partitions, bytes, preparing, notices = [], unsupported, broken } = dataset;
    setText(facts, `${formatNumber(entries)} events · ${formatNumber(partitions)} partitions · ${formatBytes(bytes)}`);
    making.hidden = !preparing;
    if (preparing) {
      const share = `${formatNumber(preparing.entries)} of ${formatNumber(preparing.total)} events are made`;
      fill(making, element("progress", { max: preparing.total, value: preparing.entries, "aria-label": "Making the dataset" }), share);
    }
    const count = (/** @type {readonly unknown[]} */ list, /** @type {string} */ one, /** @type {string} */ many) =>
      `${list.length} ${list.length === 1 ? one : many}`;
    fill(
      notes,
      notices.length > 0 && noteList(count(notices, "notice", "notices"), notices),
      unsupported.length > 0 &&
        noteList(
          count(unsupported, "column cannot be used", "columns cannot be used"),
          unsupported.map(({ name, reason }) => `${name}: ${reason}`),
        ),
      broken.length > 0 &&
        noteList(
          count(broken, "file cannot be read", "files cannot be read"),
          broken.map(({ file, cause }) => `${file}: ${cause}`),
        ),
    );
    if (shown?.name !== dataset.name) column.hide();
    const before = JSON.stringify(shown?.columns);
    shown = dataset;
    if (JSON.stringify(dataset.columns) !== before) showTree();
  }

  /** @param {string} name */
  function choose(name) {
    load(name);
    onChoose(name);
  }

  /** Shows a dataset, and follows it while it is being made or cannot be reached. @param {string} name */
  async function load(name) {
    if (!datasets.some((dataset) => dataset.name === name)) return;
    loading.abort();
    loading = new AbortController();
    const { signal } = loading;
    choice.value = name;
    if (shown && shown.name !== name) filter.value = "";
    for (;;) {
      let wait = preparingInterval;
      try {
        const dataset = await api.dataset(name, signal);
        describe(dataset);
        if (!dataset.preparing) return;
      } catch (error) {
        if (signal.aborted) return;
        setText(facts, error instanceof Error ? error.message : String(error));
        wait = retryInterval;
      }
      const interrupted = await pause(wait, signal).then(
        () => false,
        () => true,
      );
      if (interrupted) return;
    }
  }

  return {
    get names() {
      return datasets.map(({ name }) => name);
    },
    get chosen() {
      return choice.value || undefined;
    },
    /** @param {readonly DatasetSummary[]} list */
    show(list) {
      datasets = list;
      fill(choice, ...list.map(({ name }) => element("option", { value: name }, name)));
      if (list.length === 0) setText(facts, "No datasets yet.");
    },
    load,
  };
}

/**
 * @param {string} title
 * @param {readonly string[]} lines
 */
const noteList = (title, lines) =>
  element("details", {}, element("summary", {}, title), element("ul", {}, ...lines.map((line) => element("li", {}, line))));

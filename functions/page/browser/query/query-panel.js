/**
 * The panel of the query: examples, the editor, buttons to run and cancel, and the list of what is wrong.
 *
 * @import { QueryIssue } from "../../../../engine/query/query-error.ts"
 * @import { ApiClient } from "../../../client/api-client.js"
 */
import { RequestFailed } from "../../../client/request-errors.js";
import { element, fill, setText } from "../elements.js";
import { examples } from "./examples.js";
import { createQueryEditor } from "./query-editor.js";

/**
 * @typedef {object} PanelOptions
 * @property {HTMLElement} parent
 * @property {ApiClient} api
 * @property {string} text
 * @property {string} nonce
 * @property {() => void} onRun
 * @property {() => void} onCancel
 * @property {(file: string) => void} onExample
 * @property {(text: string) => void} onEdit
 * @property {(text: string) => void} onCheck given text that is JSON, a moment after an edit
 */

/** @param {PanelOptions} options */
export function createQueryPanel({ parent, api, text, nonce, onRun, onCancel, onExample, onEdit, onCheck }) {
  const menu = element("div", { class: "examples", role: "group", "aria-label": "Examples" });
  fill(
    menu,
    element("span", {}, "Examples"),
    ...examples.map(({ file, title }) => element("button", { type: "button", onclick: () => onExample(file) }, title)),
  );
  const place = element("div", { class: "editor" });
  const run = element("button", { type: "button", class: "run", onclick: onRun, title: "Ctrl+Enter" }, "Run");
  const cancel = element("button", { type: "button", class: "cancel", onclick: onCancel, disabled: true }, "Cancel");
  const hint = element("span", { class: "hint" }, element("kbd", {}, "Ctrl"), " + ", element("kbd", {}, "Enter"), " runs");
  const reading = element("p", { class: "reading" });
  const issueList = element("div", { class: "issues", role: "alert", hidden: true });
  fill(parent, menu, place, element("div", { class: "actions" }, run, cancel, hint), reading, issueList);

  document.addEventListener("keydown", (event) => {
    // The editor has its own key for it, and prevents the rest.
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
    event.preventDefault();
    onRun();
  });

  let checking = new AbortController();
  const editor = createQueryEditor({
    parent: place,
    text,
    nonce,
    onRun,
    onEdit: () => {
      showIssues([]);
      onEdit(editor.text());
    },
    onBroken: ({ from, line, column, message }) => {
      checking.abort();
      setText(reading, "");
      showList([listItem(`line ${line}, column ${column}`, () => editor.goToOffset(from), ` ${message}`)]);
    },
    check,
  });

  /**
   * Asks the server to explain the text, and returns what is wrong with it; nothing if the server cannot be reached.
   * @param {string} content
   * @returns {Promise<readonly QueryIssue[]>}
   */
  async function check(content) {
    checking.abort();
    checking = new AbortController();
    const { signal } = checking;
    onCheck(content);
    try {
      const plan = await api.explain(content, signal);
      setText(reading, describePlan(plan));
      showIssues([]);
      return [];
    } catch (error) {
      if (signal.aborted) return [];
      setText(reading, "");
      const issues = error instanceof RequestFailed ? (error.problem.errors ?? []) : [];
      showIssues(issues);
      return issues;
    }
  }

  /** @param {readonly QueryIssue[]} issues */
  const showIssues = (issues) => showList(issues.map(issueItem));

  /** @param {readonly HTMLElement[]} items */
  function showList(items) {
    issueList.hidden = items.length === 0;
    fill(issueList, element("ul", {}, ...items));
  }

  /** @param {QueryIssue} issue */
  function issueItem(issue) {
    const label = issue.line === undefined ? issue.at || "/" : `${issue.at} ${issue.line}:${issue.column}`;
    const near = (issue.near ?? []).flatMap((name, index) => [index > 0 && ", ", element("code", {}, name)]);
    return listItem(
      label,
      () => editor.goTo(issue),
      ` ${issue.message}`,
      near.length > 0 && element("span", { class: "near" }, " Near: ", ...near),
    );
  }

  /** @type {(label: string, go: () => void, ...rest: readonly import("../elements.js").Child[]) => HTMLLIElement} */
  const listItem = (label, go, ...rest) =>
    element("li", {}, element("button", { type: "button", class: "place", onclick: go }, label), ...rest);

  return {
    editor,
    /** Marks what the server found wrong when the query was sent. @param {readonly QueryIssue[]} issues */
    refuse(issues) {
      editor.showIssues(issues);
      showIssues(issues);
    },
    /** Must be called when the query `ran` has ended: its results are now stored, so the server is asked again what the text would read. @param {string} ran */
    async refresh(ran) {
      if (editor.text() === ran) await check(ran);
    },
    /** @param {boolean} running */
    setRunning(running) {
      cancel.disabled = !running;
    },
  };
}

/**
 * Describes what running the query would cost, as far as the explanation tells.
 * @param {{ readonly columns?: readonly unknown[], readonly partitions?: { readonly total: number, readonly stored: number } }} plan
 */
function describePlan({ columns, partitions }) {
  if (!columns || !partitions) return "";
  const { total, stored } = partitions;
  return `reads ${columns.length} ${columns.length === 1 ? "column" : "columns"} in ${total} ${total === 1 ? "partition" : "partitions"}, ${stored} stored`;
}

/**
 * Shows a tree that can be walked by keyboard, after the WAI-ARIA pattern: it is one tab stop; arrows move, open and close; Home and End go
 * to the ends; Enter picks. A click picks a leaf and opens or closes a branch; a double click picks either.
 *
 * @import { TreeItem } from "./schema-tree.js"
 */
import { element, fill } from "../elements.js";

/** A tree with more items than this starts closed. */
const mostOpen = 60;

/**
 * @param {{ readonly label: string, readonly onPick: (item: TreeItem) => void }} options
 */
export function createTreeView({ label, onPick }) {
  /** @type {WeakMap<Element, TreeItem>} */
  const itemOf = new WeakMap();
  const tree = element("ul", {
    role: "tree",
    class: "tree",
    "aria-label": label,
    onkeydown: onKey,
    onclick: onClick,
    ondblclick: onDoubleClick,
  });

  /** @type {(item: TreeItem, level: number, open: boolean) => HTMLLIElement} */
  const row = (item, level, open) => {
    const branch = item.children.length > 0;
    const node = element(
      "li",
      {
        role: "treeitem",
        "aria-label": `${item.label}, ${item.note}`,
        "aria-level": level,
        tabindex: -1,
        ...(branch ? { "aria-expanded": String(open) } : {}),
      },
      element(
        "span",
        {
          class: "row",
          title: branch ? `Enter or double click inserts ${item.insert} at the cursor` : `Inserts ${item.insert} at the cursor`,
        },
        element("span", { class: "label" }, item.label),
        " ",
        element("span", { class: "note" }, item.note),
      ),
      branch && element("ul", { role: "group" }, ...item.children.map((child) => row(child, level + 1, open))),
    );
    itemOf.set(node, item);
    return node;
  };

  const visible = () =>
    /** @type {HTMLElement[]} */ ([...tree.querySelectorAll("[role=treeitem]")]).filter(
      (node) => !node.parentElement?.closest("[aria-expanded=false]"),
    );

  /** @param {Element | null | undefined} node */
  const focus = (node) => {
    if (!(node instanceof HTMLElement)) return;
    tree.querySelector("[tabindex='0']")?.setAttribute("tabindex", "-1");
    node.tabIndex = 0;
    node.focus();
  };

  /** @type {(node: Element, open: boolean) => void} */
  const expand = (node, open) => node.setAttribute("aria-expanded", String(open));
  const isOpen = (/** @type {Element} */ node) => node.getAttribute("aria-expanded") === "true";

  /** @param {Event} event */
  const target = (event) => (event.target instanceof Element ? event.target.closest("[role=treeitem]") : null);

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const node = target(event);
    if (!node || event.ctrlKey || event.altKey || event.metaKey) return;
    const rows = visible();
    const at = rows.indexOf(/** @type {HTMLElement} */ (node));
    const branch = node.hasAttribute("aria-expanded");
    /** @type {Readonly<Record<string, () => void>>} */
    const actions = {
      ArrowDown: () => focus(rows[at + 1]),
      ArrowUp: () => focus(rows[at - 1]),
      Home: () => focus(rows[0]),
      End: () => focus(rows[rows.length - 1]),
      ArrowRight: () => (branch && !isOpen(node) ? expand(node, true) : branch && focus(rows[at + 1])),
      ArrowLeft: () => (branch && isOpen(node) ? expand(node, false) : focus(node.parentElement?.closest("[role=treeitem]"))),
      Enter: () => pick(node),
      " ": () => (branch ? expand(node, !isOpen(node)) : pick(node)),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  /** @param {MouseEvent} event */
  function onClick(event) {
    const node = target(event);
    if (!node) return;
    if (!node.hasAttribute("aria-expanded")) return pick(node);
    focus(node);
    expand(node, !isOpen(node));
  }

  /** @param {MouseEvent} event */
  function onDoubleClick(event) {
    const node = target(event);
    if (node?.hasAttribute("aria-expanded")) pick(node);
  }

  /** @param {Element} node */
  function pick(node) {
    const item = itemOf.get(node);
    if (item) onPick(item);
  }

  return {
    node: tree,
    /** @type {(items: readonly TreeItem[], options?: { readonly open?: boolean }) => void} */
    show(items, { open } = {}) {
      const total = items.reduce((sum, { children }) => sum + 1 + children.length, 0);
      fill(tree, ...items.map((item) => row(item, 1, open ?? total <= mostOpen)));
      tree.querySelector("[role=treeitem]")?.setAttribute("tabindex", "0");
    },
  };
}

/**
 * The panel of the cluster's nodes: what each of them runs and holds and, if nodes are started as they are needed, why wanted ones are missing.
 *
 * Guarantees: nothing is asked while the panel is closed; while it is open, it is updated every two seconds.
 *
 * @import { NodesAnswer } from "../../api.ts"
 * @import { ApiClient } from "../../client/api-client.js"
 */
import { pause } from "../../client/pause.js";
import { formatAge, formatBytes, formatNumber } from "../../render/format-number.js";
import { element, fill, setText } from "./elements.js";

/** In milliseconds. */
const between = 2_000;

/** @param {{ readonly parent: HTMLElement, readonly api: ApiClient }} options */
export function createNodesPanel({ parent, api }) {
  const table = element("table", {});
  const notes = element("div", {});
  const line = element("p", { role: "status" });
  const details = element("details", { ontoggle: () => void follow() }, element("summary", {}, "Nodes"), line, table, notes);
  fill(parent, details);
  let asking = new AbortController();

  async function follow() {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    while (details.open && !signal.aborted) {
      try {
        const answer = await api.nodes(signal);
        if (!signal.aborted) show(answer);
      } catch (error) {
        if (!signal.aborted) setText(line, error instanceof Error ? error.message : String(error));
      }
      await pause(between, signal);
    }
  }

  /** @param {NodesAnswer} answer */
  function show({ nodes, supply, subtasks }) {
    const areTasks = nodes.some(({ task }) => task !== undefined);
    const heads = ["node", "threads", "running", "done", "failed", "columns held", ...(areTasks ? ["Mesos task"] : []), "up for"];
    const rows = nodes.map(({ host, id, threads, running, done, failed, cacheBytes, cacheLimit, task, since }) => [
      element("span", { title: id }, host),
      ...[threads, running, done, failed].map(formatNumber),
      // A node whose compute function is elsewhere holds nothing itself.
      cacheLimit === 0 ? "elsewhere" : `${formatBytes(cacheBytes)} of ${formatBytes(cacheLimit)}`,
      ...(areTasks ? [task ?? ""] : []),
      formatAge((Date.now() - Date.parse(since)) / 1000),
    ]);
    const row = (/** @type {"th" | "td"} */ cell, /** @type {readonly (string | Node)[]} */ cells) =>
      element("tr", {}, ...cells.map((each) => element(cell, {}, each)));
    fill(table, element("thead", {}, row("th", heads)), element("tbody", {}, ...rows.map((cells) => row("td", cells))));
    table.hidden = nodes.length === 0;
    const { unowned, owned } = subtasks;
    const queue = `${formatNumber(unowned)} partitions wait, ${formatNumber(owned)} run.`;
    const wanted = supply ? ` Started where needed: ${supply.there} of ${supply.wanted}.` : "";
    setText(line, `${nodes.length === 0 ? "There are no nodes: what is asked for waits until one starts. " : ""}${queue}${wanted}`);
    const quarantined = nodes.flatMap((node) =>
      node.quarantined ? [`${node.host} claims nothing until ${node.quarantined.until}: ${node.quarantined.cause}`] : [],
    );
    fill(notes, ...[...(supply?.missing ?? []), ...quarantined].map((why) => element("p", {}, why)));
  }
}

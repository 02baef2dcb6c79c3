/**
 * How many events, and how much weight, passed each filter.
 *
 * @import { Status } from "../../api.ts"
 */
import { formatNumber } from "../../render/format-number.js";
import { element } from "./elements.js";

/** @param {Status["cutflow"]} cutflow */
export function cutflowTable(cutflow) {
  const all = cutflow[0];
  const weighted = cutflow.some(({ events, weight }) => events !== weight);
  const share = (/** @type {number} */ part, /** @type {number} */ whole) => (whole === 0 ? "–" : `${((100 * part) / whole).toFixed(1)} %`);
  const number = (/** @type {string} */ text) => element("td", { class: "number" }, text);
  const rows = cutflow.map(({ filter, events, weight }, index) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, index === 0 ? "all events" : element("code", {}, filter)),
      number(formatNumber(events)),
      weighted && number(formatNumber(weight)),
      number(index === 0 ? "" : share(events, cutflow[index - 1].events)),
      number(share(events, all.events)),
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

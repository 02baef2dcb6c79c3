/**
 * Shows how many events, and how much weight, passed each filter.
 *
 * @import { CutflowLine } from "../../../render/cutflow-lines.js"
 */
import { formatNumber } from "../../../render/format-number.js";
import { element } from "../elements.js";

/** @param {readonly CutflowLine[]} lines */
export function cutflowTable(lines) {
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

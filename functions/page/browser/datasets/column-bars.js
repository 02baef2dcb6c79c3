/**
 * Draws the histogram of a column as small bars in SVG, whose colours are those of the page, light or dark. Each bar tells its range and content on hovering.
 *
 * @import { UhiHistogram } from "../../../../engine/histogram/uhi.ts"
 */
import { binText, contentExtremes, logarithmicFloor } from "../../../render/charts/chart-axes.js";
import { chooseScales } from "../../../render/charts/choose-scales.js";
import { formatNumber } from "../../../render/format-number.js";
import { readHistogram } from "../../../render/read-histogram.js";
import { element, fill } from "../elements.js";

/** The size of the drawing, in its own units. */
const width = 240;
const height = 80;

/**
 * @param {UhiHistogram} histogram of one axis
 * @param {string} label for those who do not see it
 */
export function columnBars(histogram, label) {
  const bins = readHistogram(histogram);
  const [axis] = bins.axes;
  const { edges, names } = axis;
  const isLogarithmic = chooseScales(bins).content === "log";
  const most = contentExtremes(bins.values)[1];
  const floor = isLogarithmic ? logarithmicFloor(bins.values) : 0;
  const heightOf = (/** @type {number} */ value) => {
    if (value <= 0) return 0;
    return height * (isLogarithmic ? Math.log(value / floor) / Math.log(most / floor) : value / most);
  };
  const step = width / bins.values.length;
  const bars = Array.from(bins.values, (value, bin) => {
    const tall = heightOf(value);
    const title = svgElement("title");
    title.textContent = `${binText(axis, edges[bin], edges[bin + 1])}: ${formatNumber(value)}`;
    const bar = svgElement("rect", { x: bin * step, y: height - tall, width: step, height: tall, "data-content": value });
    bar.append(title);
    return bar;
  });
  const drawing = svgElement("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  fill(drawing, ...bars);
  const [first, last] =
    names.length > 0 ? [names[0], names[names.length - 1]] : [edges[0], edges[edges.length - 1]].map((edge) => formatNumber(edge));
  const middle = `up to ${formatNumber(most)} / bin${isLogarithmic ? ", log" : ""}`;
  return element("figure", {}, drawing, element("figcaption", {}, ...[first, middle, last].map((text) => element("span", {}, text))));
}

/**
 * @param {string} tag
 * @param {Readonly<Record<string, string | number>>} [attributes]
 */
function svgElement(tag, attributes = {}) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  return node;
}

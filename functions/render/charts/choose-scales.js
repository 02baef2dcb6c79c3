/**
 * Chooses linear or logarithmic scales as one would by hand: a logarithmic x where the bins grow by a factor, a logarithmic y (or colour)
 * where a linear one would hide most bins.
 *
 * @import { Bins } from "../read-histogram.js"
 */

/**
 * @typedef {"linear" | "log"} Scale
 * @typedef {{ readonly x: Scale, readonly y: Scale, readonly content: Scale }} Scales `y` is the second axis of two; `content` the height or colour
 */

const widestLinear = 30;
const tallestLinear = 60;

/**
 * @param {Bins} bins
 * @param {Partial<Scales>} [wanted] kept as far as the axis allows them
 * @returns {Scales}
 */
export function chooseScales(bins, wanted = {}) {
  const [x, y] = bins.axes;
  const across = axisScale(x?.edges ?? [], wanted.x);
  const content = bins.weights ? "linear" : contentScale(bins.values, across);
  return {
    x: across,
    y: axisScale(y?.edges ?? [], wanted.y),
    content: bins.values.some((value) => value > 0) ? (wanted.content ?? content) : "linear",
  };
}

/**
 * A logarithmic axis needs its range above zero.
 * @param {readonly number[]} edges
 */
export const canBeLogarithmic = (edges) => edges.length > 1 && edges[0] > 0;

/**
 * @param {readonly number[]} edges
 * @param {Scale | undefined} wanted
 * @returns {Scale}
 */
function axisScale(edges, wanted) {
  if (!canBeLogarithmic(edges)) return "linear";
  if (wanted) return wanted;
  const first = edges[1] - edges[0];
  const last = edges[edges.length - 1] - edges[edges.length - 2];
  return edges[edges.length - 1] / edges[0] > widestLinear && last > 2 * first ? "log" : "linear";
}

/**
 * @param {Float64Array} values
 * @param {Scale} across
 * @returns {Scale}
 */
function contentScale(values, across) {
  if (across === "log") return "log";
  const filled = values.filter((value) => value > 0).sort();
  return filled[filled.length - 1] / filled[filled.length >> 1] > tallestLinear ? "log" : "linear";
}

/**
 * Reads a UHI histogram into the form that drawings need: the edges of each axis, the contents in range as flat arrays, and the sum of what
 * lies outside. This is plain JavaScript, because the browser loads this very file.
 *
 * @import { Nested, UhiAxis, UhiHistogram, UhiStorage } from "../../engine/histogram/uhi.ts"
 */

/**
 * @typedef {object} BinnedAxis
 * @property {readonly number[]} edges bins + 1, increasing
 * @property {readonly string[]} names of the bins of a category or boolean axis; none for other axes
 * @property {string} label empty if the query gave none
 *
 * @typedef {object} Bins
 * @property {readonly BinnedAxis[]} axes
 * @property {Float64Array} values of the bins in range, last axis fastest
 * @property {Float64Array} variances of the same bins; for counts, the counts themselves; for means, the squares of their errors
 * @property {Float64Array} [weights] only for means: the number of samples, or Σw, of each bin
 * @property {boolean} weighted
 * @property {number} total flow bins included
 * @property {number | undefined} entries number of fills, if the histogram tells it
 * @property {number} nonFinite fills left out because their weight was not finite
 * @property {number} nonFiniteSamples fills left out because their sample was not finite
 * @property {number} outOfRange sums, of weights or of their squares, that left the range of float64
 * @property {number} underflow of the first axis; 0 if there is more than one axis
 * @property {number} overflow of the first axis; 0 if there is more than one axis
 */

/**
 * @param {UhiHistogram} histogram
 * @returns {Bins}
 */
export function readHistogram(histogram) {
  const axes = histogram.axes.map((axis) => ({ edges: axisEdges(axis), names: binNames(axis), label: axis.metadata?.label ?? "" }));
  const size = axes.reduce((product, { edges }) => product * (edges.length - 1), 1);
  const { storage } = histogram;
  const read = (/** @type {Nested} */ nested) => flatten(nested, histogram.axes, size);
  const values = read(storage.values);
  const isMean = storage.type === "mean" || storage.type === "weighted_mean";
  const [variances, weights] = isMean
    ? readMeans(storage, read)
    : [(storage.type === "weighted" ? read(storage.variances) : values).inside];
  return {
    axes,
    values: values.inside,
    variances,
    weighted: storage.type === "weighted",
    ...(weights && { weights }),
    total: values.total,
    entries: countOf(histogram, "entries") ?? (storage.type === "int" ? values.total : undefined),
    nonFinite: countOf(histogram, "non_finite_weights") ?? 0,
    nonFiniteSamples: countOf(histogram, "non_finite_samples") ?? 0,
    outOfRange: countOf(histogram, "sums_out_of_range") ?? 0,
    underflow: values.underflow,
    overflow: values.overflow,
  };
}

/**
 * @param {Extract<UhiStorage, { readonly counts: Nested } | { readonly sum_of_weights: Nested }>} storage
 * @param {(nested: Nested) => { readonly inside: Float64Array }} read
 * @returns {readonly [squaredErrors: Float64Array, weights: Float64Array]}
 */
function readMeans(storage, read) {
  const [variances, weights, squares] =
    storage.type === "mean"
      ? [storage.variances, storage.counts, storage.counts]
      : [storage.variances, storage.sum_of_weights, storage.sum_of_weights_squared];
  const [spread, sums, squared] = [variances, weights, squares].map((nested) => read(nested).inside);
  return [spread.map((variance, bin) => (sums[bin] === 0 ? 0 : (variance * squared[bin]) / sums[bin] ** 2)), sums];
}

/**
 * @param {UhiHistogram} histogram
 * @param {string} name
 */
function countOf({ metadata }, name) {
  const value = metadata?.[name];
  return typeof value === "number" ? value : undefined;
}

/**
 * The bins of a category or boolean axis lie around their places in the list, from 0.
 * @param {UhiAxis} axis
 * @returns {readonly number[]}
 */
export function axisEdges(axis) {
  if (axis.type === "variable") return axis.edges;
  const names = binNames(axis);
  const { bins, lower, upper } = axis.type === "regular" ? axis : { bins: names.length, lower: -0.5, upper: names.length - 0.5 };
  return Array.from({ length: bins + 1 }, (_, index) => (index === bins ? upper : lower + (index * (upper - lower)) / bins));
}

/**
 * The names of the bins of a category or boolean axis; empty for other axes.
 * @param {UhiAxis} axis
 * @returns {readonly string[]}
 */
export function binNames(axis) {
  if (axis.type === "boolean") return ["false", "true"];
  return axis.type === "category_int" || axis.type === "category_str" ? axis.categories.map(String) : [];
}

/** @param {UhiAxis} axis */
export function flowOf(axis) {
  if (axis.type === "regular" || axis.type === "variable") return axis;
  return { underflow: false, overflow: axis.type !== "boolean" && axis.flow };
}

/**
 * @param {Nested} nested
 * @param {readonly UhiAxis[]} axes
 * @param {number} size
 */
function flatten(nested, axes, size) {
  const inside = new Float64Array(size);
  let next = 0;
  let total = 0;
  /** @type {(item: Nested, depth: number, inRange: boolean) => void} */
  const visit = (item, depth, inRange) => {
    if (typeof item === "number") {
      total += item;
      if (inRange) inside[next++] = item;
      return;
    }
    const axis = flowOf(axes[depth]);
    for (const [index, inner] of item.entries()) {
      visit(inner, depth + 1, inRange && !(axis.underflow && index === 0) && !(axis.overflow && index === item.length - 1));
    }
  };
  visit(nested, 0, true);
  const edge = axes.length === 1 ? /** @type {readonly number[]} */ (nested) : [];
  return {
    inside,
    total,
    underflow: edge.length > 0 && flowOf(axes[0]).underflow ? (edge[0] ?? 0) : 0,
    overflow: edge.length > 0 && flowOf(axes[0]).overflow ? (edge[edge.length - 1] ?? 0) : 0,
  };
}

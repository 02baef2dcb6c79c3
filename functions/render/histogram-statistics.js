/**
 * The figures of a statistics box. Mean and standard deviation are those of the bin centres in range, as a histogram alone
 * can tell them; entries count the flow bins too.
 *
 * @import { Bins } from "./read-histogram.js"
 */

/**
 * @param {Bins} bins
 * @returns {readonly { readonly name: string, readonly value: number }[]}
 */
export function histogramStatistics(bins) {
  if (bins.weights) return meanFigures(bins);
  const inRange = bins.values.reduce((sum, value) => sum + value, 0);
  const figures = bins.entries === undefined ? [] : [{ name: "entries", value: bins.entries }];
  if (bins.weighted) figures.push({ name: "sum of weights", value: bins.total });
  bins.axes.forEach(({ names }, axis) => {
    if (names.length > 0) return;
    const suffix = bins.axes.length === 1 ? "" : ` ${"xyz"[axis] ?? axis}`;
    const { mean, deviation } = moments(bins, axis, inRange);
    figures.push({ name: `mean${suffix}`, value: mean }, { name: `std dev${suffix}`, value: deviation });
  });
  if (bins.axes.length === 0) figures.push({ name: "value", value: bins.values[0] });
  else if (bins.axes.length === 1) figures.push({ name: "underflow", value: bins.underflow }, { name: "overflow", value: bins.overflow });
  else figures.push({ name: "outside", value: bins.total - inRange });
  return [...figures, ...faultFigures(bins)];
}

/**
 * For a histogram of means there is no sum of contents to show.
 * @param {Bins} bins
 */
function meanFigures(bins) {
  const { weights = new Float64Array() } = bins;
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const mean = bins.values.reduce((total, value, bin) => total + value * weights[bin], 0) / sum;
  const entries = bins.entries === undefined ? [] : [{ name: "entries", value: bins.entries }];
  return [...entries, { name: "mean", value: mean }, ...faultFigures(bins)];
}

/** @param {Bins} bins */
function faultFigures(bins) {
  return [
    { name: "weight not finite", value: bins.nonFinite },
    { name: "sample not finite", value: bins.nonFiniteSamples },
    { name: "sums out of range", value: bins.outOfRange },
  ].filter(({ value }) => value > 0);
}

/**
 * @param {Bins} bins
 * @param {number} axis
 * @param {number} inRange
 */
function moments(bins, axis, inRange) {
  const { edges } = bins.axes[axis];
  const length = edges.length - 1;
  const stride = bins.axes.slice(axis + 1).reduce((product, each) => product * (each.edges.length - 1), 1);
  const centres = Float64Array.from({ length }, (_, index) => edges[index] + (edges[index + 1] - edges[index]) / 2);
  const centre = (/** @type {number} */ bin) => centres[Math.floor(bin / stride) % length];
  if (inRange === 0) return { mean: Number.NaN, deviation: Number.NaN };
  const mean = bins.values.reduce((sum, value, bin) => sum + value * centre(bin), 0) / inRange;
  const variance = bins.values.reduce((sum, value, bin) => sum + value * (centre(bin) - mean) ** 2, 0) / inRange;
  return { mean, deviation: Math.sqrt(Math.max(0, variance)) };
}

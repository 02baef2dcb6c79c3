/**
 * Histograms by themselves: axes × storage with flow bins, filled from arrays, added exactly, written in UHI's JSON form.
 *
 * Filling in parts and adding gives the same as filling at once: counts are whole numbers, and sums over parts are exact and rounded
 * once. Within a part, sums of weights are taken in the order of the values.
 */
import type { PartialHistogram } from "./histogram/partial.ts";
import { type AxisShape, cellCount } from "./program/program.ts";

export { ExactSums } from "./histogram/exact-sum.ts";
export { Merger } from "./histogram/merge.ts";
export { decodePartial, encodePartial, type PartialHistogram, type PartialResult } from "./histogram/partial.ts";
export type { UhiHistogram } from "./histogram/uhi.ts";
export { writeUhi } from "./histogram/write-uhi.ts";
export type { AxisShape } from "./program/program.ts";

/** Underflow is 0, overflow and NaN bins + 1; bins are half-open. Regular: floor((x − lower) · (bins / (upper − lower))). */
export function findBin(axis: AxisShape, value: number): number {
  if (axis.type === "regular") {
    const scaled = (value - axis.lower) * (axis.bins / (axis.upper - axis.lower));
    if (!(scaled < axis.bins)) return axis.bins + 1;
    return scaled < 0 ? 0 : 1 + Math.floor(scaled);
  }
  const above = axis.edges.findIndex((edge) => value < edge);
  return above < 0 ? axis.edges.length : above;
}

/**
 * A histogram of `values[axis][i]`, each axis an array of the same length; with `weights` of that length it keeps Σw and Σw². A value whose
 * weight, or its square, is not finite is counted in `nonFinite` and not filled.
 */
export function fillHistogram(
  axes: readonly AxisShape[],
  values: readonly ArrayLike<number>[],
  weights?: ArrayLike<number>,
): PartialHistogram {
  const [first] = values;
  if (values.length !== axes.length || [...values, ...(weights ? [weights] : [])].some(({ length }) => length !== first.length)) {
    throw new RangeError(
      `Cannot fill a histogram of ${axes.length} axes: it needs as many arrays of one length, current value is ${values.map(({ length }) => length).join(", ")}`,
    );
  }
  const cells = cellCount(axes);
  const sums = new Float64Array(cells);
  const squares = weights && new Float64Array(cells);
  let fills = 0;
  for (let index = 0; index < first.length; index++) {
    const weight = weights ? weights[index] : 1;
    if (!Number.isFinite(weight * weight)) continue;
    let cell = 0;
    for (const [place, axis] of axes.entries()) cell = cell * cellCount([axis]) + findBin(axis, values[place][index]);
    sums[cell] += weight;
    if (squares) squares[cell] += weight * weight;
    fills++;
  }
  const content = { fills, nonFinite: first.length - fills, cells, values: sums };
  return squares ? { storage: "weighted", ...content, variances: squares } : { storage: "count", ...content };
}

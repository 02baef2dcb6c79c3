/**
 * Histograms without queries: axes × storage with flow bins, filled from arrays, added exactly, written in UHI's JSON form.
 *
 * The order in which parts are added makes no difference: counts are whole numbers, and sums over parts are exact and rounded once. Within a
 * part, weights are summed in float64, in the order of the values.
 *
 *   import { fillHistogram, Merger, writeUhi } from "femtoq/histograms";
 *   const axes = [{ type: "regular", bins: 3, lower: 0, upper: 3 }] as const;
 *   const part = fillHistogram(axes, [[0.5, 1.5, 3]]);         // contents.values: 0, 1, 1, 0, 1 with the flow bins
 *   const merger = new Merger({ filters: [], histograms: [{ axes, storage: "count" }] });
 *   merger.add({ entries: 3, filters: [], histograms: [part] });
 *   const uhi = writeUhi(merger.read().histograms[0], axes, { axes: ["x"] });
 */
import { type AxisShape, cellCount, cellsOf, kindOf } from "./axes/axes.ts";
import type { PartialHistogram } from "./histogram/partial.ts";
import type { Contents } from "./storages/storage-kind.ts";
import { defaultStorage, storages } from "./storages/storages.ts";

export type { AxisShape } from "./axes/axes.ts";
export { ExactSums } from "./histogram/exact-sum.ts";
export { Merger } from "./histogram/merge.ts";
export { decodePartial, encodePartial, type PartialHistogram, type PartialResult } from "./histogram/partial.ts";
export type { UhiHistogram } from "./histogram/uhi.ts";
export { writeUhi } from "./histogram/write-uhi.ts";

/** The number of a value's cell along an axis, from 0: underflow where the axis has it, the bins in their order, overflow. Strings are for axes of strings. */
export const findBin = (axis: AxisShape, value: number | string): number => kindOf(axis).cellOf(axis, value as number);

/**
 * A histogram of `values[axis][i]`: one array for each axis. All arrays, `weights` and `samples` too, must have one length; else, and without any
 * array, it throws `RangeError`. With `weights` it keeps Σw and Σw², with `samples` their means. An element with a weight that is not finite is
 * not filled but counted in `nonFinite`; one with a finite weight and a sample that is not finite, in `nonFiniteSamples`.
 */
export function fillHistogram(
  axes: readonly AxisShape[],
  values: readonly (ArrayLike<number> | readonly string[])[],
  weights?: ArrayLike<number>,
  samples?: ArrayLike<number>,
): PartialHistogram {
  const arrays = [...values, ...(weights ? [weights] : []), ...(samples ? [samples] : [])];
  const count = arrays[0]?.length ?? 0;
  if (arrays.length === 0 || values.length !== axes.length || arrays.some(({ length }) => length !== count)) {
    throw new RangeError(
      `Cannot fill a histogram of ${axes.length} axes: it needs as many arrays of one length, and without axes it needs weights or samples; current value is [${values.map(({ length }) => length).join(", ")}]`,
    );
  }
  const cells = cellCount(axes);
  const storage = defaultStorage({ hasWeight: weights !== undefined, hasSample: samples !== undefined });
  const { quantities, add } = storages[storage];
  const contents: Contents = Object.fromEntries(Object.keys(quantities).map((name) => [name, new Float64Array(cells)]));
  let nonFinite = 0;
  let nonFiniteSamples = 0;
  for (let index = 0; index < count; index++) {
    const weight = weights ? weights[index] : 1;
    const sample = samples ? samples[index] : 0;
    if (!Number.isFinite(weight)) {
      nonFinite++;
      continue;
    }
    if (!Number.isFinite(sample)) {
      nonFiniteSamples++;
      continue;
    }
    let cell = 0;
    for (const [place, axis] of axes.entries()) cell = cell * cellsOf(axis) + findBin(axis, values[place][index]);
    add(contents, cell, weight, sample);
  }
  return { storage, fills: count - nonFinite - nonFiniteSamples, nonFinite, ...(samples && { nonFiniteSamples }), cells, contents };
}

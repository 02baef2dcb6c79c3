/**
 * Merging histograms of an `auto` axis. The sum has the coarsest cells among the parts, or coarser ones where these would be too many. Cells
 * that become one are added exactly, so neither the order nor the split of the parts makes a difference.
 */
import type { StorageKind } from "../storages/storage-kind.ts";
import { coarsenRange, coarserCell, type FoundRange, joinRanges, mostFoundCells, placeOfCell, placesOf } from "./found-range.ts";
import { moveSums, readSums, type Sums } from "./sums.ts";

export interface FoundSums {
  readonly range: FoundRange;
  /** Cell k is at `placeOfCell(k)`. */
  readonly contents: Sums;
}

const [underflow, overflow] = [0, mostFoundCells + 1];

/** For each cell of the second range, underflow and overflow included, its place in `range`, which must be as coarse or coarser. */
export function placesIn(range: FoundRange, { exponent, first, bins }: FoundRange): readonly number[] {
  const levels = range.exponent - exponent;
  return [underflow, ...Array.from({ length: bins }, (_, index) => placeOfCell(coarserCell(first + index, levels))), overflow];
}

/** The same sums over a range that also contains `other`. */
export function makeRoom({ range: old, contents }: FoundSums, other: FoundRange, quantities: StorageKind["quantities"]): FoundSums {
  const range = joinRanges(old, other, mostFoundCells);
  if (range.exponent === old.exponent || old.bins === 0) return { range, contents };
  return { range, contents: moveSums(contents, quantities, { cells: mostFoundCells + 2, from: placesOf(old), to: placesIn(range, old) }) };
}

/** The merged histogram in a partial's form, with at most `wanted` bins. */
export function readFound({ range: old, contents }: FoundSums, wanted: number, quantities: StorageKind["quantities"]) {
  const range = coarsenRange(old, wanted);
  const levels = range.exponent - old.exponent;
  const to = placesOf(old).map((_, index, { length }) =>
    index === 0 ? 0 : index === length - 1 ? range.bins + 1 : 1 + coarserCell(old.first + index - 1, levels) - range.first,
  );
  const sums = moveSums(contents, quantities, { cells: range.bins + 2, from: placesOf(old), to });
  return { range, cells: range.bins + 2, contents: readSums(sums, quantities) };
}

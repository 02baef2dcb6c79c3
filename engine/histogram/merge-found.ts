/**
 * Merging histograms whose axis found its bins. They have the coarsest cells of all that was added, or coarser ones where these would be too many; cells that
 * become one are added exactly. So neither the order nor the split of what was added makes a difference.
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

/** Where the cells of a range go in another one that is as coarse or coarser, in their order, underflow and overflow with them. */
export function placesIn(range: FoundRange, { exponent, first, bins }: FoundRange): readonly number[] {
  const levels = range.exponent - exponent;
  return [underflow, ...Array.from({ length: bins }, (_, index) => placeOfCell(coarserCell(first + index, levels))), overflow];
}

/** The same sums with room for what another range has. */
export function makeRoom({ range: old, contents }: FoundSums, other: FoundRange, quantities: StorageKind["quantities"]): FoundSums {
  const range = joinRanges(old, other, mostFoundCells);
  if (range.exponent === old.exponent || old.bins === 0) return { range, contents };
  return { range, contents: moveSums(contents, quantities, { cells: mostFoundCells + 2, from: placesOf(old), to: placesIn(range, old) }) };
}

/** As a partial has it, in so many bins at most. */
export function readFound({ range: old, contents }: FoundSums, wanted: number, quantities: StorageKind["quantities"]) {
  const range = coarsenRange(old, wanted);
  const levels = range.exponent - old.exponent;
  const to = placesOf(old).map((_, index, { length }) =>
    index === 0 ? 0 : index === length - 1 ? range.bins + 1 : 1 + coarserCell(old.first + index - 1, levels) - range.first,
  );
  const sums = moveSums(contents, quantities, { cells: range.bins + 2, from: placesOf(old), to });
  return { range, cells: range.bins + 2, contents: readSums(sums, quantities) };
}

/** The most values that each column can have in each unit (`value-bounds.ts`). */
import type { FileDescription } from "../../format.ts";
import { lastBefore, type StoredBranch, type TreePlaces } from "./tree-places.ts";
import { mostValuesOf } from "./value-bounds.ts";

/** The most such numbers; a file that needs more is taken as damaged. */
const mostNumbers = 2 ** 26;

/** The parts of a column that bound its number of values. */
export interface DescribedBranch extends StoredBranch {
  /** The bytes of its branch's baskets in the file, decompressed. */
  readonly totalBytes: number;
}

/** Makes `FileDescription.values`. */
export function unitValues(units: FileDescription["units"], columns: readonly DescribedBranch[], places: TreePlaces): Float64Array {
  if (units.length * columns.length > mostNumbers)
    throw new Error(`it has ${columns.length} columns in ${units.length} partitions: too many`);
  const values = new Float64Array(units.length * columns.length);
  for (const [index, { branch, form, totalBytes }] of columns.entries()) {
    const stored = storedBytes(places, branch);
    for (const [unit, { entries, firstEntry }] of units.entries()) {
      const own = bytesOf(places, branch, { entries, firstEntry });
      values[unit * columns.length + index] = mostValuesOf(form, entries, { total: totalBytes, stored, ...own });
    }
  }
  alignCounted(units.length, columns, values);
  return values;
}

/** Columns with the same counter have the same number of values, so each gets the smallest bound among them. */
function alignCounted(units: number, columns: readonly DescribedBranch[], values: Float64Array): void {
  const groups = new Map<number, number[]>();
  for (const [index, { countedBy, form }] of columns.entries()) {
    if (countedBy === undefined || form.levels.length !== 1) continue;
    const group = groups.get(countedBy);
    if (group) group.push(index);
    else groups.set(countedBy, [index]);
  }
  for (const group of groups.values()) {
    for (let unit = 0; unit < units; unit++) {
      const row = unit * columns.length;
      const least = group.reduce((known, index) => Math.min(known, values[row + index]), Number.POSITIVE_INFINITY);
      for (const index of group) values[row + index] = least;
    }
  }
}

function storedBytes({ branches, seeks, bytes }: TreePlaces, branch: number): number {
  let stored = 0;
  for (let at = branches[2 * branch]; at < branches[2 * branch + 2]; at++) if (seeks[at] >= 0) stored += bytes[at];
  return stored;
}

function bytesOf(
  { branches, seeks, bytes, firstEntries }: TreePlaces,
  branch: number,
  { entries, firstEntry }: { readonly entries: number; readonly firstEntry: number },
) {
  let [unitStored, unitEmbedded, unitBaskets] = [0, 0, 0];
  const [start, end] = [branches[2 * branch], branches[2 * branch + 2]];
  for (let at = lastBefore(firstEntries, { start, end }, firstEntry); at < end && firstEntries[at] < firstEntry + entries; at++) {
    if (seeks[at] < 0) unitEmbedded += bytes[at];
    else {
      unitStored += bytes[at];
      unitBaskets++;
    }
  }
  return { unitStored, unitEmbedded, unitBaskets };
}

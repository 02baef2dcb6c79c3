/** Decides which row groups of a file form a unit: neighbours, until they have as many entries together as a partition should. Pure. */
import type { FileDescription } from "../../format.ts";

/** Row groups are not combined beyond this many values in any column, since a unit's columns are in memory at the same time. */
const mostTogether = 2 ** 22;

export interface RowGroups {
  /** The number of entries of each row group. */
  readonly entries: readonly number[];
  /** The level entries of each column chunk, row group by row group. */
  readonly levels: Float64Array;
  readonly columns: number;
}

export interface GroupedRows {
  readonly units: FileDescription["units"];
  /** The first row group of each unit; then, last, the number of row groups. */
  readonly first: Float64Array;
  /** The level entries of each column, unit by unit. */
  readonly values: Float64Array;
}

/** Groups row groups into units of at least `least` entries each, except the last one and those that would become too large. */
export function groupRowGroups({ entries, levels, columns }: RowGroups, least: number): GroupedRows {
  const units: { entries: number; firstEntry: number }[] = [];
  const first: number[] = [];
  const values: Float64Array[] = [];
  let firstEntry = 0;
  for (const [group, count] of entries.entries()) {
    const own = levels.subarray(group * columns, (group + 1) * columns);
    const [unit, sums] = [units.at(-1), values.at(-1)];
    if (unit && unit.entries < least && fits(unit.entries + count, sums!, own)) {
      unit.entries += count;
      for (const [column, number] of own.entries()) sums![column]! += number;
    } else {
      units.push({ entries: count, firstEntry });
      first.push(group);
      values.push(own.slice());
    }
    firstEntry += count;
  }
  // If each row group is a unit of its own, the numbers are those of the chunks, which need not be in memory twice.
  if (units.length === entries.length) return { units, first: Float64Array.from([...first, entries.length]), values: levels };
  const all = new Float64Array(units.length * columns);
  for (const [unit, sums] of values.entries()) all.set(sums, unit * columns);
  return { units, first: Float64Array.from([...first, entries.length]), values: all };
}

function fits(entries: number, sums: Float64Array, more: Float64Array): boolean {
  if (entries > mostTogether) return false;
  for (let column = 0; column < sums.length; column++) if (sums[column]! + more[column]! > mostTogether) return false;
  return true;
}

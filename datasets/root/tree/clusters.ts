/** How a tree's entries are divided into units: its clusters, which are compressed anew in all branches, as many together as are worth it. */
import type { FileDescription } from "../../format.ts";

export interface Clusters {
  readonly entries: number;
  /** The last entry of each range of clusters of one size, and that size. */
  readonly rangeEnds: readonly number[];
  readonly rangeSizes: readonly number[];
  /** Entries of each cluster behind those ranges; 0 or less where only bytes were given. */
  readonly autoFlush: number;
}

/** A file that states more is damaged, or useless. */
const mostUnits = 100_000;

/** Each has at least `partitionEvents` entries, but for the last one. */
export function unitsOf(clusters: Clusters, partitionEvents: number): FileDescription["units"] {
  const { entries, rangeEnds, rangeSizes, autoFlush } = clusters;
  const units: { entries: number; firstEntry: number }[] = [];
  let firstEntry = 0;
  let range = 0;
  while (firstEntry < entries) {
    if (units.length === mostUnits) throw new Error(`it states ${entries} entries, which would be more than ${mostUnits} partitions`);
    const wanted = firstEntry + partitionEvents;
    while (range < rangeEnds.length && !(rangeEnds[range] + 1 >= wanted)) range++;
    const [begin, size, limit] =
      range < rangeEnds.length
        ? [range === 0 ? 0 : rangeEnds[range - 1] + 1, rangeSizes[range], Math.min(rangeEnds[range] + 1, entries)]
        : [rangeEnds.length === 0 ? 0 : rangeEnds[rangeEnds.length - 1] + 1, autoFlush, entries];
    const end = Math.min(limit, size > 0 ? begin + Math.ceil((wanted - begin) / size) * size : wanted);
    // A range whose clusters have no known size is divided, and so is a rest.
    const next = Number.isSafeInteger(end) && end > firstEntry ? end : Math.min(entries, wanted);
    units.push({ entries: next - firstEntry, firstEntry });
    firstEntry = next;
  }
  return units;
}

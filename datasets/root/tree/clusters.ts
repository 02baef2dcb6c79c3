/**
 * How a tree's entries are divided into units: its clusters, which are compressed anew in all branches, as many together as are worth it; where none are known,
 * equal numbers of entries, moved to where the baskets of all branches begin, so that none of them is read for two units.
 */
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

/** Each has at least `partitionEvents` entries, but for the last one. `seams`: where the baskets of all branches begin, in their order. */
export function unitsOf(clusters: Clusters, partitionEvents: number, seams: () => readonly number[]): FileDescription["units"] {
  const { entries, rangeEnds, rangeSizes, autoFlush } = clusters;
  if (rangeEnds.length === 0 && !(autoFlush > 0)) return dividedAt(seams(), { entries, partitionEvents });
  const units: { entries: number; firstEntry: number }[] = [];
  let firstEntry = 0;
  let range = 0;
  while (firstEntry < entries) {
    if (units.length === mostUnits) throw tooMany(entries);
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

/** Every multiple of `partitionEvents` is moved to the nearest seam, where that is not as far as half of them: there are as many units as without. */
function dividedAt(
  seams: readonly number[],
  { entries, partitionEvents }: { readonly entries: number; readonly partitionEvents: number },
): FileDescription["units"] {
  if (entries / partitionEvents > mostUnits) throw tooMany(entries);
  const units: { entries: number; firstEntry: number }[] = [];
  let at = 0;
  for (let firstEntry = 0, wanted = partitionEvents; firstEntry < entries; wanted += partitionEvents) {
    while (at + 1 < seams.length && Math.abs(seams[at + 1] - wanted) <= Math.abs(seams[at] - wanted)) at++;
    const isNear = at < seams.length && Math.abs(seams[at] - wanted) < partitionEvents / 2;
    const end = wanted >= entries ? entries : isNear ? seams[at] : wanted;
    units.push({ entries: end - firstEntry, firstEntry });
    firstEntry = end;
  }
  return units;
}

const tooMany = (entries: number) => new Error(`it states ${entries} entries, which would be more than ${mostUnits} partitions`);

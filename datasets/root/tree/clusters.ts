/**
 * Divides a tree's entries into units. A unit is several consecutive clusters, since all branches begin a new basket with each cluster. If the
 * clusters are not known, units have equal numbers of entries, moved to entries where baskets of all branches begin, so that no basket is read for two units.
 */
import type { FileDescription } from "../../format.ts";

export interface Clusters {
  readonly entries: number;
  /** For each range of clusters of equal size, its last entry and that size in entries. */
  readonly rangeEnds: readonly number[];
  readonly rangeSizes: readonly number[];
  /** The entries of each cluster after those ranges; 0 or negative if the writer gave a size in bytes instead. */
  readonly autoFlush: number;
}

/** The most units of a file; a file that states more is refused. */
const mostUnits = 100_000;

/**
 * The units. With known clusters, each but the last has at least `partitionEvents` entries. `seams` returns, in ascending order, the entries at which
 * baskets of all branches begin.
 */
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
    // Where the size of clusters is not known, units of `partitionEvents` are made.
    const next = Number.isSafeInteger(end) && end > firstEntry ? end : Math.min(entries, wanted);
    units.push({ entries: next - firstEntry, firstEntry });
    firstEntry = next;
  }
  return units;
}

/** Units that end at multiples of `partitionEvents`, each end moved to the nearest seam if that is less than half a unit away. This keeps their number. */
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

/** Finds the columns without which blocks of given sizes have room in a slab. Pure. */
import { blocksOf, type CachedColumn } from "./cached-column.ts";
import { type RoomRequest, tooLarge } from "./lease.ts";
import { type Slab, taken } from "./slab.ts";

/** The number of columns that are tried first when space is needed. */
const firstVictims = 8;

interface SpareOptions {
  readonly request: Pick<RoomRequest, "columns">;
  /** Columns that must stay. */
  readonly kept: readonly CachedColumn[];
  /** The columns that may go; those that should go first come first. */
  readonly victims: () => readonly CachedColumn[];
}

/**
 * Finds victims without which the blocks have space, except those that must be kept: the first ones to evict, and not many more than necessary, since a slab
 * may have thousands. Undefined if there is not enough space even without all of them. Throws `DatasetError` if even an empty slab could not hold the request.
 */
export function findSpare(
  slab: Slab,
  sizes: readonly number[],
  { request, kept, victims }: SpareOptions,
): readonly CachedColumn[] | undefined {
  const needed = sizes.reduce((sum, bytes) => sum + taken(bytes), 0);
  const total = kept.reduce((sum, column) => sum + column.bytes, needed);
  if (total > slab.capacity) throw tooLarge(request, total, slab.capacity);
  const going = victims().filter((column) => !kept.includes(column));
  for (let count = firstVictims; ; count *= 4) {
    const spare = going.slice(0, count);
    const reachable = spare.reduce((sum, column) => sum + column.bytes, slab.capacity - slab.used);
    if (reachable >= needed && slab.wouldFit(sizes, blocksOf(spare))) return spare;
    if (count >= going.length) return undefined;
  }
}

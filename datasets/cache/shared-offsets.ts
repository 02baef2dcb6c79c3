/** Keeps the offsets of one partition's lists, one copy per list for all columns that share them, as long as a column uses them. */
import { Buffer } from "node:buffer";
import { baseName, type ColumnLocation, DatasetError } from "../dataset.ts";
import type { Block, Slab } from "./slab.ts";

export interface ListOffsets {
  readonly block: Block;
  /** The column with which they were loaded. */
  readonly from: string;
  users: number;
}

export class SharedOffsets {
  readonly #slab: Slab;
  readonly #lists = new Map<string, ListOffsets>();
  /** The offsets that are kept, by each of the blocks into which they were loaded, whether it is kept itself or not. */
  readonly #byLoadedBlock = new WeakMap<Block, ListOffsets>();

  constructor(slab: Slab) {
    this.#slab = slab;
  }

  /**
   * Returns the offsets for one list of a column, given by its level. The column came with these `count` offsets, in the part `block` of the block that it was
   * `loadedInto`. They are kept if the list has no offsets yet; otherwise the caller may free them. Throws `DatasetError` if the two differ.
   */
  share(
    block: Block,
    { column, file }: ColumnLocation,
    { level, count, loadedInto }: { readonly level: number; readonly count: number; readonly loadedInto: Block },
  ): ListOffsets {
    const list = column.lists[level];
    const shared = this.#lists.get(list);
    if (!shared) {
      const first = { block, from: column.name, users: 1 };
      this.#lists.set(list, first);
      this.#byLoadedBlock.set(loadedInto, first);
      return first;
    }
    const { buffer } = this.#slab.memory;
    const place = firstDifference(new Uint32Array(buffer, block.address, count), new Uint32Array(buffer, shared.block.address, count));
    if (place !== undefined) {
      throw new DatasetError(
        `Cannot use ${shared.from} and ${column.name} as one list ${list}: their lengths differ in ${level === 0 ? "entry" : "list"} ${place} of a partition of ${baseName(file.path)}`,
        { permanent: true },
      );
    }
    this.#byLoadedBlock.set(loadedInto, shared);
    return this.join(shared);
  }

  /**
   * Returns the offsets for a column that has none of its own, since another column was loaded with them into this block. Throws `DatasetError` if no column
   * uses them.
   */
  loadedInto(block: Block, { column, file }: ColumnLocation): ListOffsets {
    const kept = this.#byLoadedBlock.get(block);
    if (kept && kept.users > 0) return kept;
    const reason = "the column that came with its lists' lengths is not used";
    throw new DatasetError(`Cannot use column ${column.name} of ${baseName(file.path)}: ${reason}; ask again`, { permanent: false });
  }

  join(shared: ListOffsets): ListOffsets {
    shared.users++;
    return shared;
  }

  leave(list: string): void {
    const shared = this.#lists.get(list);
    if (!shared || --shared.users > 0) return;
    this.#lists.delete(list);
    this.#slab.free(shared.block);
  }
}

/**
 * The number of offsets of each of a column's lists, after this many values were read. Each list has one more than there are entries or, for inner lists,
 * elements of the list around it. Throws a permanent `DatasetError` if values and offsets do not belong together.
 */
export function offsetsRead(
  { column, entries, elements, values: reserved }: ColumnLocation,
  values: number,
  offsets: readonly Uint32Array[],
): readonly number[] {
  const counts: number[] = [];
  let end = entries;
  let fits = values <= reserved;
  for (const [level, own] of offsets.entries()) {
    if (!fits) break;
    counts.push(end + 1);
    end = own[end]!;
    fits = end <= elements[level];
  }
  if (fits && values === end) return counts;
  throw new DatasetError(`Cannot use column ${column.name}: ${values} values were read where its ${entries} entries need ${end}`, {
    permanent: true,
  });
}

/** The index of the first list whose length differs; undefined if none does. */
export function firstDifference(left: Uint32Array, right: Uint32Array): number | undefined {
  // The host compares bytes faster than any loop, and they are mostly equal.
  const bytesOf = ({ buffer, byteOffset, length }: Uint32Array) => new Uint8Array(buffer, byteOffset + 4, Math.max(0, 4 * (length - 1)));
  if (Buffer.compare(bytesOf(left), bytesOf(right)) === 0) return undefined;
  for (let i = 1; i < left.length; i++) if (left[i] !== right[i]) return i - 1;
  return undefined;
}

/**
 * Keeps track of the free bytes of a slab. A block is allocated in the first hole from the low end that is large enough, and neighbouring holes are merged when
 * a block is freed. Blocks never overlap, start and end at multiples of 16, and lie inside [start, start + bytes). They are never moved.
 */

const alignment = 16;

interface Hole {
  start: number;
  end: number;
}

export class FreeList {
  /** The holes: disjoint, in ascending order, and never adjacent. */
  readonly #holes: Hole[];
  #free: number;

  constructor(start: number, bytes: number) {
    const end = start + Math.floor(bytes / alignment) * alignment;
    this.#holes = [{ start, end }];
    this.#free = end - start;
  }

  /** The free bytes, perhaps not in one piece. */
  get free(): number {
    return this.#free;
  }

  /** Returns an independent copy. */
  copy(): FreeList {
    const copy = new FreeList(0, 0);
    copy.#holes.splice(0, 1, ...this.#holes.map((hole) => ({ ...hole })));
    copy.#free = this.#free;
    return copy;
  }

  /** Allocates a block of at least `bytes` bytes and returns its address; undefined if no hole is large enough. */
  allocate(bytes: number): number | undefined {
    const size = rounded(bytes);
    const at = this.#holes.findIndex((hole) => hole.end - hole.start >= size);
    const hole = this.#holes[at];
    if (!hole) return undefined;
    const address = hole.start;
    hole.start += size;
    if (hole.start === hole.end) this.#holes.splice(at, 1);
    this.#free -= size;
    return address;
  }

  /** Frees [address, address + bytes): a whole allocated block, or the end of one from a multiple of 16 on. */
  release(address: number, bytes: number): void {
    const size = rounded(bytes);
    const end = address + size;
    const at = this.#firstFrom(address);
    const before = this.#holes[at - 1];
    const after = this.#holes[at];
    if ((before && before.end > address) || (after && after.start < end)) {
      throw new RangeError(`Cannot free bytes ${address} to ${end}: some of them are free`);
    }
    const joinsBefore = before?.end === address;
    const joinsAfter = after?.start === end;
    if (joinsBefore && joinsAfter) {
      before.end = after.end;
      this.#holes.splice(at, 1);
    } else if (joinsBefore) before.end = end;
    else if (joinsAfter) after.start = address;
    else this.#holes.splice(at, 0, { start: address, end });
    this.#free += size;
  }

  /** The index of the first hole that starts at or after the address. */
  #firstFrom(address: number): number {
    let low = 0;
    let high = this.#holes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#holes[middle]!.start < address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The bytes that a block of this size takes. */
export function rounded(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / alignment)) * alignment;
}

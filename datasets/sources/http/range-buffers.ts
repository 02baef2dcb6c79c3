/** A buffer for each of some ranges of a file. Takes bytes of the file in any order, and drops those of no range. */
import type { ByteRange } from "../source.ts";

export class RangeBuffers {
  readonly buffers: readonly ArrayBuffer[];
  readonly #ranges: readonly ByteRange[];
  /** For each range, up to where it is filled without a gap. */
  readonly #filled: number[];

  /** The ranges must be in ascending order and not overlap. */
  constructor(ranges: readonly ByteRange[]) {
    this.#ranges = ranges;
    this.buffers = ranges.map(({ start, end }) => new ArrayBuffer(end - start));
    this.#filled = ranges.map(({ start }) => start);
  }

  /** Takes bytes of the file that begin at `at`. */
  add(at: number, bytes: Uint8Array): void {
    const until = at + bytes.length;
    for (let index = this.#firstAfter(at); index < this.#ranges.length && this.#ranges[index]!.start < until; index++) {
      const { start, end } = this.#ranges[index]!;
      const from = Math.max(start, at);
      const to = Math.min(end, until);
      new Uint8Array(this.buffers[index]!, from - start, to - from).set(bytes.subarray(from - at, to - at));
      if (from <= this.#filled[index]!) this.#filled[index] = Math.max(this.#filled[index]!, to);
    }
  }

  get isFull(): boolean {
    return this.#ranges.every(({ end }, index) => this.#filled[index] === end);
  }

  /** The index of the first range that ends after `at`. */
  #firstAfter(at: number): number {
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ranges[middle]!.end <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

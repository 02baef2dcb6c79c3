/** A buffer for each of some ranges of a file, filled by bytes that come from anywhere in it, in any order; what belongs to none is dropped. */
import type { ByteRange } from "../source.ts";

export class RangeBuffers {
  readonly buffers: readonly ArrayBuffer[];
  readonly #ranges: readonly ByteRange[];
  /** Up to where each is filled; what does not follow that is not counted. */
  readonly #filled: number[];

  /** The ranges follow each other and do not overlap. */
  constructor(ranges: readonly ByteRange[]) {
    this.#ranges = ranges;
    this.buffers = ranges.map(({ start, end }) => new ArrayBuffer(end - start));
    this.#filled = ranges.map(({ start }) => start);
  }

  /** Bytes of the file from `at` on. */
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

  /** The first range that ends behind `at`. */
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

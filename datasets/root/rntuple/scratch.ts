/**
 * Arrays that are reused from page to page, because touching new memory costs more than decoding into it, and discarded arrays cause garbage collection.
 * There is one of each per thread; a page's use of it ends before the next page is decoded.
 */

/** Pages with more elements get memory of their own, which is not kept. */
const most = 2 ** 20;

export class Scratch<Array extends Uint8Array | Uint32Array> {
  readonly #make: (length: number) => Array;
  #kept: Array;

  constructor(make: (length: number) => Array) {
    this.#make = make;
    this.#kept = make(0);
  }

  /** An array of this length with arbitrary content. */
  take(length: number): Array {
    if (length > most) return this.#make(length);
    if (this.#kept.length < length) this.#kept = this.#make(length);
    return this.#kept.subarray(0, length) as Array;
  }
}

/**
 * Arrays that are used again from page to page: memory that is touched for the first time costs more than decoding into it, and what is
 * thrown away makes the host collect garbage. One of each per thread; a page's use of it ends before the next page is decoded.
 */

/** A page that needs more than this many elements gets memory of its own. */
const most = 2 ** 20;

export class Scratch<Array extends Uint8Array | Uint32Array> {
  readonly #make: (length: number) => Array;
  #kept: Array;

  constructor(make: (length: number) => Array) {
    this.#make = make;
    this.#kept = make(0);
  }

  /** An array of this length that holds anything. */
  take(length: number): Array {
    if (length > most) return this.#make(length);
    if (this.#kept.length < length) this.#kept = this.#make(length);
    return this.#kept.subarray(0, length) as Array;
  }
}

/**
 * Reads the bytes of an envelope from front to back, little-endian. Each read is checked against the end of its frame, and each count of items against
 * the bytes left for them. So a damaged envelope cannot make a loop or an allocation larger than itself.
 */
const decoder = new TextDecoder();

export class EnvelopeReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
    this.#end = end;
  }

  /** The bytes left in the frame. */
  get left(): number {
    return this.#end - this.#at;
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** Throws beyond 2^53: no file has so many bytes, entries or elements. */
  u64(): number {
    const value = this.i64();
    if (value < 0) throw new Error("a number is beyond 2^53");
    return value;
  }

  /** A signed number; -Infinity below -2^53. Throws beyond 2^53. */
  i64(): number {
    const at = this.#take(8);
    const value = this.#view.getInt32(at + 4, true) * 2 ** 32 + this.#view.getUint32(at, true);
    if (value > Number.MAX_SAFE_INTEGER) throw new Error("a number is beyond 2^53");
    return value < -Number.MAX_SAFE_INTEGER ? -Infinity : value;
  }

  /** The next bytes as they are. */
  bytes(count: number): Uint8Array {
    const at = this.#take(count);
    return this.#bytes.subarray(at, at + count);
  }

  string(): string {
    return decoder.decode(this.bytes(this.u32()));
  }

  /** Throws if any bit is set, since it would mean a feature that this reader does not know. */
  featureFlags(): void {
    if (this.u32() !== 0 || this.u32() !== 0) throw new Error("it needs a feature that is not supported");
  }

  /** A reader of a record; this reader goes on after the record. */
  record(): EnvelopeReader {
    const start = this.#at;
    const size = this.i64();
    if (size < 8) throw new Error("a record was expected, and something else is there");
    return this.#enter(start, size, 8);
  }

  /** A reader of a list, and its number of items, each of at least `least` bytes; this reader goes on after the list. */
  list(least: number): { readonly items: EnvelopeReader; readonly count: number } {
    const start = this.#at;
    const size = -this.i64();
    if (size < 12) throw new Error("a list was expected, and something else is there");
    const count = this.u32();
    const items = this.#enter(start, size, 12);
    if (count * least > items.left) throw new Error(`a list states ${count} items, more than its bytes can hold`);
    return { items, count };
  }

  #enter(start: number, size: number, head: number): EnvelopeReader {
    if (!(size <= this.#end - start)) throw new Error("a frame is longer than what it stands in");
    this.#at = start + size;
    return new EnvelopeReader(this.#bytes, start + head, start + size);
  }

  #take(count: number): number {
    const at = this.#at;
    if (count > this.#end - at) throw new Error("it ends too early");
    this.#at = at + count;
    return at;
  }
}

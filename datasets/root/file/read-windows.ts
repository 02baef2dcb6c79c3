/** Reads a file's metadata with few, large reads: what was read stays in memory and serves later reads inside it. */
import type { ByteReader } from "../../sources/source.ts";

export class ReadWindows {
  readonly byteLength: number;
  readonly #file: ByteReader;
  readonly #windows: { readonly start: number; readonly bytes: Uint8Array }[] = [];

  constructor(file: ByteReader) {
    this.#file = file;
    this.byteLength = file.byteLength;
  }

  /** The bytes [start, start + length). Throws an `Error` before reading if they are not all in the file. */
  async read(start: number, length: number): Promise<Uint8Array> {
    const isInside = Number.isSafeInteger(start) && Number.isSafeInteger(length) && start >= 0 && length >= 0;
    if (!isInside || start + length > this.byteLength) {
      throw new Error(`bytes ${start}–${start + length} are not in the file of ${this.byteLength}: it is cut off or damaged`);
    }
    const known = this.#windows.find((window) => window.start <= start && start + length <= window.start + window.bytes.length);
    if (known) return known.bytes.subarray(start - known.start, start - known.start + length);
    const bytes = new Uint8Array(await this.#file.slice(start, start + length));
    this.#windows.push({ start, bytes });
    return bytes;
  }

  /** Reads the part of [start, end) that is in the file, for later reads. */
  async prepare(start: number, end: number): Promise<void> {
    const from = Math.max(0, start);
    await this.read(from, Math.max(0, Math.min(end, this.byteLength) - from));
  }
}

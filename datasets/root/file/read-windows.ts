/** Reads a file's metadata with few, large reads: what was read stays in memory and serves later reads inside it. */
import { borrow, giveBack } from "../../sources/lend-bytes.ts";
import type { ByteReader } from "../../sources/source.ts";

/** The most bytes of a window that is read into borrowed memory. */
const mostBorrowed = 2 ** 18;

export class ReadWindows {
  readonly byteLength: number;
  readonly #file: ByteReader;
  readonly #windows: { readonly start: number; readonly bytes: Uint8Array }[] = [];
  readonly #borrowed: Uint8Array[] = [];

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
    const bytes = await this.#readNew(start, length);
    this.#windows.push({ start, bytes });
    return bytes;
  }

  /** Gives borrowed memory back. No bytes that were read may be used afterwards. */
  release(): void {
    this.#windows.length = 0;
    for (const buffer of this.#borrowed.splice(0)) giveBack(buffer);
  }

  /** Files that are near are read into memory that is used again and again. */
  async #readNew(start: number, length: number): Promise<Uint8Array> {
    if (this.#file.joined || !this.#file.readInto || length > mostBorrowed)
      return new Uint8Array(await this.#file.slice(start, start + length));
    const buffer = borrow(length);
    this.#borrowed.push(buffer);
    const bytes = buffer.subarray(0, length);
    await this.#file.readInto(bytes, start);
    return bytes;
  }

  /** Reads the part of [start, end) that is in the file, for later reads. */
  async prepare(start: number, end: number): Promise<void> {
    const from = Math.max(0, start);
    await this.read(from, Math.max(0, Math.min(end, this.byteLength) - from));
  }
}

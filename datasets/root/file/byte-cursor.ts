/**
 * Reads numbers and strings one after the other, big-endian as ROOT writes them. Never reads beyond the end of the bytes: it throws an `Error` with the
 * position instead.
 */
export class ByteCursor {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  /** The index of the next byte. */
  position: number;

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = position;
  }

  get left(): number {
    return this.bytes.length - this.position;
  }

  /** The position of the next `count` bytes, which are skipped. */
  skip(count: number): number {
    const { position } = this;
    if (!(count >= 0 && count <= this.left)) throw new Error(`it needs ${count} bytes at ${position} of ${this.bytes.length}`);
    this.position = position + count;
    return position;
  }

  /** Moves to a position, which must not be before this one. */
  skipTo(position: number): void {
    this.skip(position - this.position);
  }

  uint8(): number {
    return this.#view.getUint8(this.skip(1));
  }

  int16(): number {
    return this.#view.getInt16(this.skip(2));
  }

  uint16(): number {
    return this.#view.getUint16(this.skip(2));
  }

  int32(): number {
    return this.#view.getInt32(this.skip(4));
  }

  uint32(): number {
    return this.#view.getUint32(this.skip(4));
  }

  /** Rounded beyond 2^53. Counts and positions in a file are refused long before that. */
  int64(): number {
    return Number(this.#view.getBigInt64(this.skip(8)));
  }

  float32(): number {
    return this.#view.getFloat32(this.skip(4));
  }

  float64(): number {
    return this.#view.getFloat64(this.skip(8));
  }

  /** Plain arrays, because thousands of small typed arrays cost more memory than their numbers. */
  int32s(count: number): number[] {
    const start = this.skip(count * 4);
    const numbers = new Array<number>(count);
    for (let index = 0; index < count; index++) numbers[index] = this.#view.getInt32(start + index * 4);
    return numbers;
  }

  int64s(count: number): number[] {
    const start = this.skip(count * 8);
    const numbers = new Array<number>(count);
    for (let index = 0; index < count; index++) {
      const at = start + index * 8;
      numbers[index] = this.#view.getInt32(at) * 2 ** 32 + this.#view.getUint32(at + 4);
    }
    return numbers;
  }

  /** A string with its length before it, as TString is written. */
  string(): string {
    const short = this.uint8();
    const length = short === 255 ? this.uint32() : short;
    const start = this.skip(length);
    return textOf(this.bytes.subarray(start, start + length));
  }

  /** A string that ends with a zero byte. */
  zeroEnded(): string {
    const end = this.bytes.indexOf(0, this.position);
    if (end < 0) throw new Error(`a name at ${this.position} has no end`);
    const text = textOf(this.bytes.subarray(this.position, end));
    this.position = end + 1;
    return text;
  }
}

const decoder = new TextDecoder();

/** Decodes UTF-8. Most names are a few ASCII letters, for which this loop is faster than `TextDecoder`. */
function textOf(bytes: Uint8Array): string {
  if (bytes.length > 64) return decoder.decode(bytes);
  let text = "";
  for (const byte of bytes) {
    if (byte > 127) return decoder.decode(bytes);
    text += String.fromCharCode(byte);
  }
  return text;
}

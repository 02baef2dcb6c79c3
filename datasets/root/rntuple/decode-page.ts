/**
 * Elements of one page into a flat array of numbers, whatever the column's encoding. The content is a page decompressed, of exactly the bytes that its
 * elements have. Throws for ends of lists beyond 32 bits.
 */
import { Scratch } from "../../parquet/scratch.ts";
import { type Encoding, encodingOf } from "./column-types.ts";
import type { StoredColumn } from "./stored-field.ts";

export type Numbers = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

/** Of the page's elements, those from `skip` on that `output` has room for. */
export interface PagePart {
  readonly elements: number;
  readonly skip: number;
}

const joined = new Scratch((length) => new Uint8Array(length));
const aligned = new Scratch((length) => new Uint8Array(length));

export function decodePage(content: Uint8Array, column: StoredColumn, { elements, skip }: PagePart, output: Numbers): void {
  const encoding = encodingOf(column);
  switch (encoding.numbers) {
    case "bits":
      for (let at = 0; at < output.length; at++) output[at] = (content[(skip + at) >> 3]! >> ((skip + at) & 7)) & 1;
      return;
    case "truncated":
    case "quantised":
      decodePacked(content, column, skip, output);
      return;
    default: {
      const bytes = encoding.isSplit ? joinBytes(content, elements) : content;
      const { isZigzag, isDelta } = encoding;
      const numbers = viewOf(encoding.numbers, bytes, elements);
      if (isZigzag) undoZigzag(numbers as Int16Array | Int32Array | BigInt64Array);
      if (isDelta) undoDelta(numbers as Uint32Array | BigUint64Array);
      convert(encoding, numbers.subarray(skip, skip + output.length), output);
    }
  }
}

/** Whether a page's content is the output's bytes as they are. */
export function isPlain(column: StoredColumn, output: Numbers): boolean {
  const { numbers, isSplit } = encodingOf(column);
  if (isSplit) return false;
  if (output instanceof Float32Array) return numbers === "float32";
  if (output instanceof Float64Array) return numbers === "float64";
  if (output instanceof Int32Array) return numbers === "int32";
  return output instanceof Uint32Array && numbers === "uint32";
}

/** From streams of first bytes, second bytes, … to elements. */
function joinBytes(content: Uint8Array, elements: number): Uint8Array {
  const width = content.length / elements;
  const bytes = joined.take(content.length);
  for (let stream = 0; stream < width; stream++) {
    const from = stream * elements;
    for (let at = 0; at < elements; at++) bytes[at * width + stream] = content[from + at]!;
  }
  return bytes;
}

type Stored =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

function viewOf(numbers: Exclude<Encoding["numbers"], "bits" | "truncated" | "quantised">, bytes: Uint8Array, elements: number): Stored {
  const width = widthOf[numbers];
  let source = bytes;
  if (source.byteOffset % width !== 0) {
    source = aligned.take(bytes.length);
    source.set(bytes);
  }
  return new arrays[numbers](source.buffer as ArrayBuffer, source.byteOffset, elements);
}

const arrays = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  // Their bits.
  float16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;
const widthOf = {
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float16: 2,
  float32: 4,
  float64: 8,
} as const;

function undoZigzag(numbers: Int16Array | Int32Array | BigInt64Array): void {
  if (numbers instanceof BigInt64Array) {
    const words = new Uint32Array(numbers.buffer, numbers.byteOffset, 2 * numbers.length);
    for (let at = 0; at < words.length; at += 2) {
      const [low, high] = [words[at]!, words[at + 1]!];
      const sign = -(low & 1);
      words[at] = ((low >>> 1) | (high << 31)) ^ sign;
      words[at + 1] = (high >>> 1) ^ sign;
    }
    return;
  }
  const unsigned = numbers instanceof Int16Array ? 0xffff : -1;
  for (let at = 0; at < numbers.length; at++) {
    const number = numbers[at]! & unsigned;
    numbers[at] = (number >>> 1) ^ -(number & 1);
  }
}

function undoDelta(numbers: Uint32Array | BigUint64Array): void {
  if (numbers instanceof Uint32Array) {
    let sum = 0;
    for (let at = 0; at < numbers.length; at++) {
      sum += numbers[at]!;
      numbers[at] = sum;
    }
    if (sum > 0xffff_ffff) throw endsTooLarge();
    return;
  }
  const words = new Uint32Array(numbers.buffer, numbers.byteOffset, 2 * numbers.length);
  let sum = 0;
  let high = 0;
  for (let at = 0; at < words.length; at += 2) {
    sum += words[at]!;
    high |= words[at + 1]!;
    words[at] = sum;
  }
  if (high !== 0 || sum > 0xffff_ffff) throw endsTooLarge();
}

const endsTooLarge = () => new Error("a list ends beyond 2^32 elements of its cluster");

function convert({ numbers, isIndex }: Encoding, stored: Stored, output: Numbers): void {
  switch (numbers) {
    case "float16":
      for (let at = 0; at < output.length; at++) output[at] = halfPrecision(stored[at] as number);
      return;
    case "int64":
    case "uint64": {
      const words = new Uint32Array(stored.buffer, stored.byteOffset, 2 * stored.length);
      if (isIndex) narrow(words, output);
      else if (numbers === "uint64") for (let at = 0; at < output.length; at++) output[at] = words[2 * at + 1]! * 2 ** 32 + words[2 * at]!;
      else for (let at = 0; at < output.length; at++) output[at] = (words[2 * at + 1]! | 0) * 2 ** 32 + words[2 * at]!;
      return;
    }
    default:
      output.set(stored as Exclude<Stored, BigInt64Array | BigUint64Array>);
  }
}

function narrow(words: Uint32Array, output: Numbers): void {
  let high = 0;
  for (let at = 0; at < output.length; at++) {
    output[at] = words[2 * at]!;
    high |= words[2 * at + 1]!;
  }
  if (high !== 0) throw endsTooLarge();
}

const whole = new Float32Array(1);
const wholeBits = new Uint32Array(whole.buffer);

function halfPrecision(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Infinity;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

/** Integers of a few bits each, the lowest bits of the first first. */
function decodePacked(content: Uint8Array, { bits, range }: StoredColumn, skip: number, output: Numbers): void {
  const [least, most] = range ?? [0, 0];
  const steps = 2 ** bits - 1;
  for (let at = 0; at < output.length; at++) {
    const bit = (skip + at) * bits;
    const byte = Math.floor(bit / 8);
    // At most 39 bits: five bytes.
    const low =
      ((content[byte]! | (content[byte + 1]! << 8) | (content[byte + 2]! << 16) | (content[byte + 3]! << 24)) >>> 0) / 2 ** (bit % 8);
    const number = Math.floor(low + ((content[byte + 4] ?? 0) * 2 ** 32) / 2 ** (bit % 8)) % 2 ** bits;
    if (range) output[at] = least + (number * (most - least)) / steps;
    else {
      wholeBits[0] = number * 2 ** (32 - bits);
      output[at] = whole[0]!;
    }
  }
}

/**
 * Decodes the elements of one page into a flat array of numbers, for every encoding. The content is a decompressed page of exactly the bytes that its
 * elements need. Throws for ends of lists beyond 32 bits.
 */
import { copyBytes } from "../../copy-bytes.ts";
import type { ColumnTarget, NumberArray } from "../../dataset.ts";
import { takeArea } from "../../kernels/kernels.ts";
import { isLong, wordsOf } from "../../long-arrays.ts";
import { type Encoding, encodingOf } from "./column-types.ts";
import { Scratch } from "./scratch.ts";
import type { StoredColumn } from "./stored-field.ts";

export type Numbers = ColumnTarget["values"];

/** A part of a page with `elements` elements: those from `skip` on that fit into the output. */
export interface PagePart {
  readonly elements: number;
  readonly skip: number;
}

const aligned = new Scratch((length) => new Uint8Array(length));

export function decodePage(content: Uint8Array, column: StoredColumn, { elements, skip }: PagePart, output: Numbers): void {
  const encoding = encodingOf(column);
  switch (encoding.numbers) {
    case "bits":
      convert(unpackBits(content, skip, output.length), output);
      return;
    case "truncated":
    case "quantised":
      decodePacked(content, column, skip, numbersIn(output));
      return;
    case "float16":
      decodeHalves(storedNumbers(content, encoding, elements).subarray(skip, skip + output.length) as Uint16Array, numbersIn(output));
      return;
    default:
      convert(storedNumbers(content, encoding, elements).subarray(skip, skip + output.length), output);
  }
}

function storedNumbers(content: Uint8Array, encoding: Encoding, elements: number): Stored {
  const { numbers, isSplit, isIndex } = encoding;
  if (isIndex && (isSplit || numbers === "uint64")) {
    return viewOf("uint32", isSplit ? join(content, encoding, elements) : narrow(content, elements), elements);
  }
  return viewOf(numbers as Whole, isSplit ? join(content, encoding, elements) : content, elements);
}

/** Whether a column's elements are ends of lists. */
export const isEnds = (column: StoredColumn): boolean => encodingOf(column).isIndex === true;

/** Whether a page's decompressed bytes are exactly the output's bytes. */
export function isPlain(column: StoredColumn, output: Numbers): boolean {
  const { numbers, isSplit } = encodingOf(column);
  if (isSplit) return false;
  if (output instanceof Float32Array) return numbers === "float32";
  if (output instanceof Float64Array) return numbers === "float64";
  if (output instanceof Int32Array) return numbers === "int32";
  if (output instanceof BigInt64Array) return numbers === "int64";
  if (output instanceof BigUint64Array) return numbers === "uint64";
  return output instanceof Uint32Array && numbers === "uint32";
}

/** How many bytes beyond their arguments kernels may touch. */
const room = 192;

/** Joins the streams of first bytes, second bytes, … into elements, and differences of ends into ends with 32 bits. */
function join(content: Uint8Array, { numbers, isZigzag, isDelta }: Encoding, elements: number): Uint8Array {
  const width = content.length / elements;
  const gap = Math.ceil((content.length + room) / 64) * 64;
  const area = takeArea(gap + content.length + room);
  const { kernels, bytes, base } = area;
  const to = base + gap;
  bytes.set(content, base);
  if (!isDelta) {
    kernels[`join${isZigzag ? "Zigzag" : ""}${width as 2 | 4 | 8}`](base, elements, to);
    return bytes.subarray(to, to + content.length);
  }
  // The lower halves of the ends, stored as differences.
  const lower = 4 * elements;
  bytes.fill(0, base + content.length, base + content.length + room);
  kernels.join4(base, elements, to);
  const isBeyond = kernels.sumEnds(to, elements) || (numbers === "uint64" && kernels.anyBits(base + lower, lower));
  if (isBeyond) throw endsTooLarge();
  return bytes.subarray(to, to + lower);
}

/** Ends with 64 bits as ends with 32 bits; throws if one does not fit. */
function narrow(content: Uint8Array, elements: number): Uint8Array {
  const gap = Math.ceil((content.length + room) / 64) * 64;
  const { kernels, bytes, base } = takeArea(gap + 4 * elements + room);
  bytes.set(content, base);
  bytes.fill(0, base + content.length, base + content.length + room);
  if (kernels.narrowEnds(base, elements, base + gap)) throw endsTooLarge();
  return bytes.subarray(base + gap, base + gap + 4 * elements);
}

const endsTooLarge = () => new Error("a list ends beyond 2^32 elements of its cluster");

type Whole = keyof typeof arrays;
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

function viewOf(numbers: Whole, bytes: Uint8Array, elements: number): Stored {
  const width = arrays[numbers].BYTES_PER_ELEMENT;
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
  // As their bits.
  float16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;
const bits = new Scratch((length) => new Uint8Array(length));

/** Unpacks bits into one byte each. */
function unpackBits(content: Uint8Array, skip: number, count: number): Uint8Array {
  const unpacked = bits.take(count);
  for (let at = 0; at < count; at++) unpacked[at] = (content[(skip + at) >> 3]! >> ((skip + at) & 7)) & 1;
  return unpacked;
}

function numbersIn(output: Numbers): NumberArray {
  if (isLong(output)) throw new Error("its real numbers are no integers");
  return output;
}

/** Copies numbers into the output's type. 64-bit integers become the nearest float64, unless the output holds 64-bit integers. */
function convert(stored: Stored, output: Numbers): void {
  if (isLong(output)) {
    const words = wordsOf(output);
    if (isLong(stored)) words.set(wordsOf(stored));
    else if (stored instanceof Float32Array || stored instanceof Float64Array) numbersIn(output);
    else {
      for (let at = 0; at < stored.length; at++) {
        const number = stored[at]!;
        words[2 * at] = number;
        words[2 * at + 1] = number < 0 ? -1 : 0;
      }
    }
  } else if (isLong(stored)) {
    const words = wordsOf(stored);
    const isSigned = stored instanceof BigInt64Array;
    for (let at = 0; at < output.length; at++) {
      const high = words[2 * at + 1]!;
      output[at] = (isSigned ? high | 0 : high) * 2 ** 32 + words[2 * at]!;
    }
  } else if (stored.constructor === output.constructor) copyBytes(bytesOf(stored), bytesOf(output.subarray(0, stored.length)));
  else output.set(stored);
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);

const whole = new Float32Array(1);
const wholeBits = new Uint32Array(whole.buffer);

function decodeHalves(stored: Uint16Array, output: NumberArray): void {
  for (let at = 0; at < stored.length; at++) output[at] = halfPrecision(stored[at]!);
}

function halfPrecision(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Infinity;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

/** Decodes packed integers of a few bits each, beginning with the lowest bits of the first byte. */
function decodePacked(content: Uint8Array, { bits, range }: StoredColumn, skip: number, output: NumberArray): void {
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

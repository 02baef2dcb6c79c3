/**
 * The present values of a data page, decoded into a part of the target array. Rows are never assembled and values never boxed,
 * but for DELTA_BINARY_PACKED of 64 bits, which is rare.
 */
import type { Encoding } from "hyparquet";
import { deltaBinaryUnpack } from "hyparquet/src/delta.js";
import { readVarInt } from "hyparquet/src/thrift.js";
import type { ColumnTarget, NumberArray } from "../dataset.ts";
import { isLong, type LongArray, wordsOf } from "../long-arrays.ts";
import { decodeGathered, decodeLevels } from "./decode-hybrid.ts";
import type { PageContent } from "./page-content.ts";
import type { PhysicalType } from "./value-type.ts";

export type Values = ColumnTarget["values"];

/** What the values of a column are in its file; `unsigned` is about INT32 and INT64. */
export interface Stored {
  readonly physical: PhysicalType;
  readonly unsigned: boolean;
  readonly bits?: number;
}

const byteWidths: Readonly<Record<PhysicalType, number>> = {
  BOOLEAN: 0,
  FLOAT16: 2,
  INT32: 4,
  FLOAT: 4,
  INT64: 8,
  DOUBLE: 8,
  BYTE_ARRAY: 0,
};

/** The kernel writes so many more bytes behind the values. */
const joinSlack = 128;

/** What decoding so many values takes of a content's room, in bytes. */
export function roomForValues(encoding: Encoding, count: number, output: Values, dictionary: Values | undefined): readonly number[] {
  if (isDictionary(encoding)) return [dictionary?.byteLength ?? 0, count * output.BYTES_PER_ELEMENT];
  if (encoding === "BYTE_STREAM_SPLIT") return [8 * count + joinSlack];
  return encoding === "RLE" ? [count] : [];
}

/** Fills `output` with the values of a page whose levels are done: `bytes` of the content start at the values. Throws where there are too few bytes. */
export function decodeValues(
  content: PageContent,
  bytes: Uint8Array,
  encoding: Encoding,
  stored: Stored,
  output: Values,
  dictionary: Values | undefined,
): void {
  if (output.length === 0) return;
  switch (encoding) {
    case "PLAIN":
      if (stored.physical === "BOOLEAN") decodeBits(bytes, output);
      else decodePlain(bytes, stored, output);
      return;
    case "PLAIN_DICTIONARY":
    case "RLE_DICTIONARY":
      decodeIndexes(content, bytes, output, dictionary);
      return;
    case "RLE":
      decodeRunsOfBits(content, bytes, stored, output);
      return;
    case "BYTE_STREAM_SPLIT":
      decodePlain(joinStreams(content, bytes, byteWidths[stored.physical], output.length), stored, output);
      return;
    case "DELTA_BINARY_PACKED":
      decodeDeltas(bytes, stored, output);
      return;
    default:
      throw new Error(`its encoding ${encoding} is not supported`);
  }
}

/** Little-endian values one after another; `output` may be wider than what is stored. */
export function decodePlain(bytes: Uint8Array, stored: Stored, output: Values): void {
  const { physical, unsigned } = stored;
  const count = output.length;
  const size = count * byteWidths[physical];
  if (size > bytes.length) throw new Error(`${count} values need ${size} bytes, the page has ${bytes.length}`);
  if (isStoredAs(physical, unsigned, output)) {
    new Uint8Array(output.buffer, output.byteOffset, size).set(bytes.subarray(0, size));
    if (!isLong(output)) narrow(output, stored);
    return;
  }
  const aligned = bytes.slice(0, size).buffer;
  if (isLong(output)) {
    if (physical !== "INT32") throw new Error(`${physical} is no integer`);
    widenIntegers(new Int32Array(aligned), stored, output);
    return;
  }
  switch (physical) {
    case "INT32":
      output.set(unsigned ? new Uint32Array(aligned) : new Int32Array(aligned));
      narrow(output, stored);
      return;
    case "FLOAT":
      output.set(new Float32Array(aligned));
      return;
    case "DOUBLE":
      output.set(new Float64Array(aligned));
      return;
    case "INT64":
      decodeLongArray(new Uint32Array(aligned), unsigned, output);
      return;
    case "FLOAT16":
      for (const [index, bits] of new Uint16Array(aligned).entries()) output[index] = halfOf(bits);
      return;
    case "BOOLEAN":
    case "BYTE_ARRAY":
      throw new Error(`${physical} has no values of equal length`);
  }
}

/** 32-bit integers as 64-bit ones. */
function widenIntegers(integers: Int32Array, stored: Stored, output: LongArray): void {
  narrow(integers, { ...stored, unsigned: false });
  const words = wordsOf(output);
  const mask = stored.unsigned && stored.bits !== undefined ? 2 ** stored.bits - 1 : -1;
  for (let index = 0; index < integers.length; index++) {
    const integer = integers[index]! & mask;
    words[2 * index] = integer;
    words[2 * index + 1] = stored.unsigned ? 0 : integer >> 31;
  }
}

/** Of integers of 8 and 16 bits, the bits that count. */
function narrow(output: NumberArray, { unsigned, bits }: Stored): void {
  if (bits === undefined) return;
  const shift = 32 - bits;
  if (unsigned) for (let index = 0; index < output.length; index++) output[index] = (output[index]! << shift) >>> shift;
  else for (let index = 0; index < output.length; index++) output[index] = (output[index]! << shift) >> shift;
}

function isStoredAs(physical: PhysicalType, unsigned: boolean, output: Values): boolean {
  switch (physical) {
    case "FLOAT":
      return output instanceof Float32Array;
    case "DOUBLE":
      return output instanceof Float64Array;
    case "INT64":
      return unsigned ? output instanceof BigUint64Array : output instanceof BigInt64Array;
    case "INT32":
      return unsigned ? output instanceof Uint32Array : output instanceof Int32Array;
    default:
      return false;
  }
}

/** Of sign, five bits of exponent and ten of fraction. */
function halfOf(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size =
    exponent === 31 ? (fraction === 0 ? Infinity : NaN) : exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
  return bits >> 15 === 0 ? size : -size;
}

/** Nearest float64: both halves are exact, the sum rounds once. */
function decodeLongArray(words: Uint32Array, unsigned: boolean, output: NumberArray): void {
  for (let index = 0; index < output.length; index++) {
    const high = words[2 * index + 1]!;
    output[index] = (unsigned ? high : high | 0) * 4294967296 + words[2 * index]!;
  }
}

function decodeBits(bytes: Uint8Array, output: Values): void {
  if (output.length > bytes.length * 8) throw new Error(`${output.length} booleans need more than the page's ${bytes.length} bytes`);
  if (isLong(output)) throw new Error("BOOLEAN is no integer");
  for (let index = 0; index < output.length; index++) output[index] = (bytes[index >> 3]! >> (index & 7)) & 1;
}

function decodeRunsOfBits(content: PageContent, bytes: Uint8Array, { physical }: Stored, output: Values): void {
  if (physical !== "BOOLEAN" || isLong(output)) throw new Error(`its encoding RLE is not supported for ${physical}`);
  const length = viewOf(bytes).getUint32(0, true);
  output.set(decodeLevels(content, bytes.subarray(4, 4 + length), 1, output.length));
}

const isDictionary = (encoding: Encoding) => encoding === "PLAIN_DICTIONARY" || encoding === "RLE_DICTIONARY";

/** The values that the page's indexes name, which have their width before them. */
export function decodeIndexes(content: PageContent, bytes: Uint8Array, output: Values, dictionary: Values | undefined): void {
  if (!dictionary) throw new Error("a page needs a dictionary that has not come");
  const width = bytes[0] ?? 0;
  if (width > 32) throw new Error(`dictionary indexes of ${width} bits`);
  const size = output.BYTES_PER_ELEMENT as 1 | 4 | 8;
  const values = decodeGathered(content, bytes.subarray(1), width, { count: output.length, dictionary: bytesOf(dictionary), size });
  bytesOf(output).set(values);
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Values): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);

/** The first bytes of all values, then all second ones, and so on, as values one after another. */
function joinStreams(content: PageContent, bytes: Uint8Array, width: number, count: number): Uint8Array {
  const size = count * width;
  if (width === 0 || size > bytes.length) throw new Error(`${count} values need ${size} bytes, the page has ${bytes.length}`);
  const joined = content.take(size + joinSlack);
  content.kernels[`join${width as 2 | 4 | 8}`](bytes.byteOffset, count, joined.byteOffset);
  return joined.subarray(0, size);
}

function decodeDeltas(bytes: Uint8Array, stored: Stored, output: Values): void {
  const { physical } = stored;
  const reader = { view: viewOf(bytes), offset: 0 };
  refuseManyBlocks(reader, bytes.length);
  if (physical === "INT32") {
    const values = new Int32Array(output.length);
    deltaBinaryUnpack(reader, values.length, values);
    decodePlain(new Uint8Array(values.buffer), stored, output);
  } else if (physical === "INT64") {
    const values = new BigInt64Array(output.length);
    deltaBinaryUnpack(reader, values.length, values);
    decodePlain(new Uint8Array(values.buffer), stored, output);
  } else {
    throw new Error(`its encoding DELTA_BINARY_PACKED is not supported for ${physical}`);
  }
}

/** Reads numbers that are encoded as differences, from where the reader stands. */
export function refuseManyBlocks({ view, offset }: { readonly view: DataView; readonly offset: number }, bytes: number): void {
  const reader = { view, offset };
  readVarInt(reader);
  const parts = readVarInt(reader);
  if (parts <= 0 || parts > bytes) throw new Error(`blocks of ${parts} parts in a page of ${bytes} bytes`);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Decodes the present values of a data page into a part of the target array. It never assembles rows, and boxes no values, except those in DELTA_BINARY_PACKED
 * with 64 bits, which are rare.
 */
import type { Encoding } from "hyparquet";
import { isInArea } from "../../kernels/kernels.ts";
import { isLong } from "../../long-arrays.ts";
import { type Stored, type Values, widthOf } from "../stored-values.ts";
import { decodeGathered, decodeLevels } from "./decode-hybrid.ts";
import { decodePlain } from "./decode-plain.ts";
import type { PageContent } from "./page-content.ts";

/** The number of bytes that the kernel may write beyond the values. */
const joinSlack = 128;

/** The bytes in the area that decoding `count` values needs. */
export function roomForValues(encoding: Encoding, count: number, output: Values, dictionary: Values | undefined): readonly number[] {
  switch (encoding) {
    case "PLAIN_DICTIONARY":
    case "RLE_DICTIONARY":
      return [dictionary && !isInArea(dictionary) ? dictionary.byteLength : 0, count * output.BYTES_PER_ELEMENT];
    case "BYTE_STREAM_SPLIT":
      return [8 * count + joinSlack];
    case "DELTA_BINARY_PACKED":
      return [8 * count];
    case "DELTA_LENGTH_BYTE_ARRAY":
      return [4 * count];
    case "DELTA_BYTE_ARRAY":
      return [4 * count, 4 * count];
    case "RLE":
      return [count];
    default:
      return [];
  }
}

/**
 * Fills `output` with the values of a page whose levels are decoded. `bytes` are the page's content from the first value on. Throws if there are too few bytes.
 */
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
      decodePlain(joinStreams(content, bytes, stored, output.length), stored, output);
      return;
    case "DELTA_BINARY_PACKED":
      decodeDeltas(content, bytes, stored, output);
      return;
    default:
      throw new Error(`its encoding ${encoding} is not supported`);
  }
}

function decodeBits(bytes: Uint8Array, output: Values): void {
  if (output.length > bytes.length * 8) throw new Error(`${output.length} booleans need more than the page's ${bytes.length} bytes`);
  if (isLong(output)) throw new Error("BOOLEAN is no integer");
  for (let index = 0; index < output.length; index++) output[index] = (bytes[index >> 3]! >> (index & 7)) & 1;
}

function decodeRunsOfBits(content: PageContent, bytes: Uint8Array, { physical }: Stored, output: Values): void {
  if (physical !== "BOOLEAN" || isLong(output)) throw new Error(`its encoding RLE is not supported for ${physical}`);
  if (bytes.length < 4) throw new Error("a page ends before its booleans");
  const length = viewOf(bytes).getUint32(0, true);
  output.set(decodeLevels(content, bytes.subarray(4, 4 + length), 1, output.length));
}

/** Decodes the values that the page's indexes name. The width of the indexes comes before them. */
export function decodeIndexes(content: PageContent, bytes: Uint8Array, output: Values, dictionary: Values | undefined): void {
  if (!dictionary) throw new Error("a page needs a dictionary that has not come");
  const [width] = bytes;
  if (width === undefined) throw new Error("a page ends before its dictionary indexes");
  if (width > 32) throw new Error(`dictionary indexes of ${width} bits`);
  const size = output.BYTES_PER_ELEMENT as 1 | 4 | 8;
  decodeGathered(content, bytes.subarray(1), width, { output: bytesOf(output), dictionary: bytesOf(dictionary), size });
}

export const bytesOf = ({ buffer, byteOffset, byteLength }: Values): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);

/** Joins values of which the page has all first bytes, then all second bytes, and so on. */
function joinStreams(content: PageContent, bytes: Uint8Array, stored: Stored, count: number): Uint8Array {
  const width = widthOf(stored);
  if (width !== 2 && width !== 4 && width !== 8)
    throw new Error(`its encoding BYTE_STREAM_SPLIT is not supported for values of ${width} bytes`);
  const size = count * width;
  if (size > bytes.length) throw new Error(`${count} values need ${size} bytes, the page has ${bytes.length}`);
  const joined = content.take(size + joinSlack);
  content.kernels[`join${width}`](bytes.byteOffset, count, joined.byteOffset);
  return joined.subarray(0, size);
}

function decodeDeltas(content: PageContent, bytes: Uint8Array, stored: Stored, output: Values): void {
  const { physical } = stored;
  if (physical !== "INT32" && physical !== "INT64") throw new Error(`its encoding DELTA_BINARY_PACKED is not supported for ${physical}`);
  decodePlain(decodeIntegers(content, bytes, output.length, widthOf(stored) as 4 | 8).values, stored, output);
}

/** Decodes integers of this many bytes that are stored as differences, in memory taken from the content. The result's `end` is where they end in the bytes. */
export function decodeIntegers(
  { kernels, take }: PageContent,
  bytes: Uint8Array,
  count: number,
  size: 4 | 8,
): { readonly values: Uint8Array; readonly end: number } {
  const values = take(count * size);
  const end = kernels[`deltas${size}`](bytes.byteOffset, bytes.length, count, values.byteOffset);
  if (end === 0) throw new Error(`its ${count} differences are damaged, or overrun their page`);
  return { values, end };
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

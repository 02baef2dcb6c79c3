/** Decodes values of equal length that lie one after another, as in PLAIN pages and dictionaries. */
import { copyBytes } from "../../copy-bytes.ts";
import type { NumberArray } from "../../dataset.ts";
import { isLong, type LongArray, wordsOf } from "../../long-arrays.ts";
import { type Stored, type Values, widthOf } from "../stored-values.ts";
import { decodeDecimals, decodeOldTimestamps } from "./decode-numbers.ts";

/** Decodes little-endian values one after another. `output` may have a wider type than the stored values. */
export function decodePlain(bytes: Uint8Array, stored: Stored, output: Values): void {
  const { physical, unsigned } = stored;
  const count = output.length;
  const size = count * widthOf(stored);
  if (size > bytes.length) throw new Error(`${count} values need ${size} bytes, the page has ${bytes.length}`);
  if (stored.scale !== undefined) {
    decodeDecimals(bytes.subarray(0, size), stored as Stored & { scale: number }, output);
    return;
  }
  if (physical === "INT96") {
    decodeOldTimestamps(bytes.subarray(0, size), output);
    return;
  }
  if (isStoredAs(stored, output)) {
    copyBytes(bytes.subarray(0, size), new Uint8Array(output.buffer, output.byteOffset, size));
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
    default:
      throw new Error(`${physical} has no values of equal length`);
  }
}

/** Converts 32-bit integers to 64-bit ones. */
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

/** Reduces integers of 8 and 16 bits to these bits. */
function narrow(output: NumberArray, { unsigned, bits }: Stored): void {
  if (bits === undefined) return;
  const shift = 32 - bits;
  if (unsigned) for (let index = 0; index < output.length; index++) output[index] = (output[index]! << shift) >>> shift;
  else for (let index = 0; index < output.length; index++) output[index] = (output[index]! << shift) >> shift;
}

/** Whether values that are stored in this form need no decoding. */
export const isAsStored = (stored: Stored, output: Values): boolean =>
  stored.scale === undefined && stored.bits === undefined && isStoredAs(stored, output);

function isStoredAs({ physical, unsigned }: Stored, output: Values): boolean {
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

/** Decodes a half-precision number: a sign, five bits of exponent and ten of fraction. */
function halfOf(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size =
    exponent === 31 ? (fraction === 0 ? Infinity : NaN) : exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
  return bits >> 15 === 0 ? size : -size;
}

/** Converts 64-bit integers to the nearest float64: both halves are exact, and only the sum is rounded. */
function decodeLongArray(words: Uint32Array, unsigned: boolean, output: NumberArray): void {
  for (let index = 0; index < output.length; index++) {
    const high = words[2 * index + 1]!;
    output[index] = (unsigned ? high : high | 0) * 4294967296 + words[2 * index]!;
  }
}

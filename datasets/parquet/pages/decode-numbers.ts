/** Decodes decimals, and the timestamps of older writers, to numbers. Few columns have them, so the values are converted one by one. */
import { isLong } from "../../long-arrays.ts";
import type { Stored, Values } from "../stored-values.ts";

/** Powers of ten that are exact as float64. */
const exactPowers = 22;

/** Converts each decimal to the nearest float64: an integer (in FIXED_LEN_BYTE_ARRAY with its highest byte first) divided by a power of ten. */
export function decodeDecimals(bytes: Uint8Array, stored: Stored & { readonly scale: number }, output: Values): void {
  if (isLong(output)) throw new Error("decimal numbers are no integers");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const unscaled = readerOf(stored);
  const width = output.length === 0 ? 0 : bytes.length / output.length;
  for (let index = 0; index < output.length; index++) output[index] = decimalOf(unscaled(view, index * width, width), stored.scale);
}

function readerOf({ physical }: Stored): (view: DataView, at: number, width: number) => number | bigint {
  if (physical === "INT32") return (view, at) => view.getInt32(at, true);
  if (physical === "INT64") return (view, at) => narrowed(view.getBigInt64(at, true));
  if (physical === "FIXED_LEN_BYTE_ARRAY") return bigEndian;
  throw new Error(`decimal numbers as ${physical} are not supported`);
}

/** Decodes a big-endian integer in two's complement. */
function bigEndian(view: DataView, at: number, width: number): number | bigint {
  let value = BigInt(view.getInt8(at));
  for (let byte = 1; byte < width; byte++) value = (value << 8n) | BigInt(view.getUint8(at + byte));
  return narrowed(value);
}

const narrowed = (value: bigint): number | bigint => (BigInt(Number(value)) === value ? Number(value) : value);

function decimalOf(unscaled: number | bigint, scale: number): number {
  // Both numbers are exact, so only the quotient is rounded.
  if (typeof unscaled === "number" && scale <= exactPowers) return unscaled / 10 ** scale;
  return Number(`${BigInt(unscaled)}e-${scale}`);
}

/** The day number of 1970-01-01 among those of INT96. */
const firstDay = 2440588n;
const dayNanoseconds = 86_400_000_000_000n;

/**
 * Converts values of the nanoseconds of the day and the Julian day to nanoseconds since 1970-01-01. Throws for times of which 64 bits do not hold these, such as
 * the year 1 that some writers store where they know no time.
 */
export function decodeOldTimestamps(bytes: Uint8Array, output: Values): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let index = 0; index < output.length; index++) {
    const since = (BigInt(view.getUint32(12 * index + 8, true)) - firstDay) * dayNanoseconds + view.getBigInt64(12 * index, true);
    if (BigInt.asIntN(64, since) !== since) throw new Error("it has a time outside of the years 1678 to 2261, which is not supported");
    if (isLong(output)) output[index] = since;
    else output[index] = Number(since);
  }
}

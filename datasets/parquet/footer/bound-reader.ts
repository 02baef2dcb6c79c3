/**
 * The least and the most value that a column chunk's statistics state, as far as the Parquet format lets one trust them: the newer fields, of columns whose
 * order the file says is that of their type, of types whose order is that of numbers. Truncated ones, those of text, of decimals, of INT96 and of
 * float16 are left alone. NaN counts as no value there: a floating-point column may hold it unless its number is stated as none; zeros of both signs are equal.
 */
import { around } from "../../../engine/skip/number-bounds.ts";
import type { ValueType } from "./value-type.ts";

export interface BoundReader {
  readonly bytes: 1 | 4 | 8;
  /** NaN where it tells nothing. */
  low(stated: DataView): number;
  high(stated: DataView): number;
  readonly mayBeNaN?: true;
}

const same = (bytes: 1 | 4 | 8, read: (stated: DataView) => number): BoundReader => ({ bytes, low: read, high: read });

export function boundReaderOf(type: ValueType): BoundReader | undefined {
  if (type.kind !== "value" || type.scale !== undefined || type.isEmpty) return undefined;
  const { physical, unsigned, bits } = type;
  switch (physical) {
    case "BOOLEAN":
      return same(1, (stated) => (stated.getUint8(0) <= 1 ? stated.getUint8(0) : Number.NaN));
    case "INT32":
      return same(4, (stated) => narrow(unsigned ? stated.getUint32(0, true) : stated.getInt32(0, true), bits, unsigned));
    case "INT64": {
      const read = (stated: DataView) => around(unsigned ? stated.getBigUint64(0, true) : stated.getBigInt64(0, true));
      return { bytes: 8, low: (stated) => read(stated).low, high: (stated) => read(stated).high };
    }
    case "FLOAT":
      return { ...same(4, (stated) => stated.getFloat32(0, true)), mayBeNaN: true };
    case "DOUBLE":
      return { ...same(8, (stated) => stated.getFloat64(0, true)), mayBeNaN: true };
    default:
      return undefined;
  }
}

/** Checks a bound of integers of 8 or 16 bits: only these bits of values are read, so a bound beyond them tells nothing. */
function narrow(value: number, bits: number | undefined, unsigned: boolean): number {
  if (bits === undefined) return value;
  const [least, most] = unsigned ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
  return value >= least && value <= most ? value : Number.NaN;
}

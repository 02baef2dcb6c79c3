/**
 * Reads the least and the largest value in a column chunk's statistics, as far as the Parquet format allows one to trust them: only the newer fields, only of
 * columns that the file declares to be ordered by their type, and only of types that are ordered as numbers. Truncated bounds and those of text, decimals,
 * INT96 and float16 are ignored. Statistics do not count NaN as a value, so a floating-point column may contain it unless the number of NaNs is stated as 0.
 * Zeros of both signs are equal.
 */
import { around } from "../../../engine/skip/number-bounds.ts";
import type { ValueType } from "./value-type.ts";

export interface BoundReader {
  readonly bytes: 1 | 4 | 8;
  /** Reads the lower bound; NaN if it tells nothing. */
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

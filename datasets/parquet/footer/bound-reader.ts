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
  /** Reads the lower bound that is stated from byte `at` on; NaN if it tells nothing. */
  low(stated: DataView, at: number): number;
  high(stated: DataView, at: number): number;
  readonly mayBeNaN?: true;
}

const same = (bytes: 1 | 4 | 8, read: BoundReader["low"]): BoundReader => ({ bytes, low: read, high: read });

export function boundReaderOf(type: ValueType): BoundReader | undefined {
  if (type.kind !== "value" || type.scale !== undefined || type.isEmpty) return undefined;
  const { physical, unsigned, bits } = type;
  switch (physical) {
    case "BOOLEAN":
      return same(1, (stated, at) => (stated.getUint8(at) <= 1 ? stated.getUint8(at) : Number.NaN));
    case "INT32":
      return same(4, (stated, at) => narrow(unsigned ? stated.getUint32(at, true) : stated.getInt32(at, true), bits, unsigned));
    case "INT64": {
      const read = (stated: DataView, at: number) => around(unsigned ? stated.getBigUint64(at, true) : stated.getBigInt64(at, true));
      return { bytes: 8, low: (stated, at) => read(stated, at).low, high: (stated, at) => read(stated, at).high };
    }
    case "FLOAT":
      return { ...same(4, (stated, at) => stated.getFloat32(at, true)), mayBeNaN: true };
    case "DOUBLE":
      return { ...same(8, (stated, at) => stated.getFloat64(at, true)), mayBeNaN: true };
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

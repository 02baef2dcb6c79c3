/** Describes how the values of a column are stored and which type they become. */
import type { ColumnTarget } from "../dataset.ts";
import type { PhysicalType } from "./footer/value-type.ts";

export type Values = ColumnTarget["values"];

/** The form of a column's values in its file. `unsigned` applies to INT32 and INT64. */
export interface Stored {
  readonly physical: PhysicalType;
  readonly unsigned: boolean;
  /** For integers of 8 and 16 bits, which are stored as INT32: only this many low bits count, so values beyond the type are read as other readers do. */
  readonly bits?: number;
  /** For FIXED_LEN_BYTE_ARRAY: the bytes of a value. */
  readonly width?: number;
  /** For decimals: the number of digits after the point. */
  readonly scale?: number;
}

const byteWidths: Readonly<Partial<Record<PhysicalType, number>>> = { FLOAT16: 2, INT32: 4, FLOAT: 4, INT64: 8, DOUBLE: 8, INT96: 12 };

/** The bytes of a value; 0 if values have different lengths or no whole bytes. */
export const widthOf = ({ physical, width = 0 }: Stored): number => byteWidths[physical] ?? width;

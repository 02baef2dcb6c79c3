/** How the values of a column are stored, and what they become. */
import type { ColumnTarget } from "../dataset.ts";
import type { PhysicalType } from "./footer/value-type.ts";

export type Values = ColumnTarget["values"];

/** What the values of a column are in its file; `unsigned` is about INT32 and INT64. */
export interface Stored {
  readonly physical: PhysicalType;
  readonly unsigned: boolean;
  /** Of integers of 8 and 16 bits, which lie in INT32: from the lowest on, so many bits count. So others read values beyond the type. */
  readonly bits?: number;
  /** Of FIXED_LEN_BYTE_ARRAY, in bytes. */
  readonly width?: number;
  /** Of decimals: how many of their digits stand behind the point. */
  readonly scale?: number;
}

const byteWidths: Readonly<Partial<Record<PhysicalType, number>>> = { FLOAT16: 2, INT32: 4, FLOAT: 4, INT64: 8, DOUBLE: 8, INT96: 12 };

/** Bytes of a value; 0 where they differ, or are none. */
export const widthOf = ({ physical, width = 0 }: Stored): number => byteWidths[physical] ?? width;

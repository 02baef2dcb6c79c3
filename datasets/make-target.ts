/** Makes the arrays for a column of a partition, as large as its location says. */
import { largestDictionary } from "../engine/program/dictionary.ts";
import { bytesPerValue, type DType } from "../engine/program/schema.ts";
import { type ColumnLocation, type ColumnTarget, offsetCounts } from "./dataset.ts";

/** Reserves bytes: returns a buffer and the address in it, a multiple of 8, from which they are free. */
export type TakeMemory = (bytes: number) => { readonly buffer: ArrayBufferLike; readonly address: number };

type Values = new (buffer: ArrayBufferLike, address: number, length: number) => ColumnTarget["values"];

/** The type of array for each type of column. Strings are held as their positions in the dictionary. */
const arrays: Readonly<Record<DType, Values>> = {
  string: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

/** Makes each array in memory from `take`; by default in a buffer of its own. */
export function makeTarget(location: ColumnLocation, take: TakeMemory = ownBuffer): ColumnTarget {
  const { column, values } = location;
  const { dtype, nullable } = column;
  const array = <Kind>(
    kind: new (buffer: ArrayBufferLike, address: number, length: number) => Kind,
    length: number,
    bytes: number,
  ): Kind => {
    const { buffer, address } = take(bytes);
    return new kind(buffer, address, length);
  };
  const dictionary = largestDictionary(values);
  return {
    values: array(arrays[dtype], values, values * bytesPerValue[dtype]),
    ...(nullable && { valid: array(Uint8Array, values, values) }),
    ...(dtype === "string" && { strings: array(Uint8Array, dictionary, dictionary) }),
    offsets: offsetCounts(location).map((count) => array(Uint32Array, count, count * 4)),
  };
}

const ownBuffer: TakeMemory = (bytes) => ({ buffer: new ArrayBuffer(bytes), address: 0 });

/** A column that its file lacks: all its values are missing, and its lists are as long as those of a column that the file has. */
import { largestDictionary } from "../engine/program/dictionary.ts";
import type { DType } from "../engine/program/schema.ts";
import { type ColumnLocation, type ColumnTarget, offsetCounts, type ReadCounts } from "./dataset.ts";
import type { Format } from "./format.ts";
import type { ByteReader } from "./sources/source.ts";

/** Bytes of a dictionary of no strings. */
const emptyDictionary = 8;

export async function readAbsent(
  format: Pick<Format, "read">,
  file: ByteReader,
  location: ColumnLocation,
  target: ColumnTarget,
): Promise<ReadCounts> {
  const { column, absent, entries } = location;
  if (absent?.like) await format.read(file, absent.like, scratchFor(absent.like, target.offsets.slice(0, column.lists.length)));
  const values = column.lists.reduce((lists, _, level) => target.offsets[level]![lists]!, entries);
  const { buffer, byteOffset, BYTES_PER_ELEMENT } = target.values;
  new Uint8Array(buffer, byteOffset, values * BYTES_PER_ELEMENT).fill(0);
  target.valid!.fill(0, 0, values);
  if (column.dtype !== "string") return { values, missing: values };
  target.strings!.fill(0, 0, emptyDictionary);
  return { values, missing: values, stringBytes: emptyDictionary };
}

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
  string: Int32Array,
} satisfies Readonly<Record<DType, unknown>>;

/** Only the offsets of the first lists are wanted. */
function scratchFor(location: ColumnLocation, offsets: readonly Uint32Array[]): ColumnTarget {
  const { values, column } = location;
  const inner = offsetCounts(location).slice(offsets.length);
  return {
    values: new arrays[column.dtype](values),
    ...(column.nullable && { valid: new Uint8Array(values) }),
    ...(column.dtype === "string" && { strings: new Uint8Array(largestDictionary(values)) }),
    offsets: [...offsets, ...inner.map((count) => new Uint32Array(count))],
  };
}

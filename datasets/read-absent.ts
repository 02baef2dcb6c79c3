/** A column that its file lacks: all its values are missing, or true where they say that lists are there, and its lists are as long as those of a column that the file has. */
import type { ColumnLocation, ColumnTarget, ReadCounts } from "./dataset.ts";
import type { Format } from "./format.ts";
import { makeTarget } from "./make-target.ts";
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
  new Uint8Array(buffer, byteOffset, values * BYTES_PER_ELEMENT).fill(absent?.isTrue ? 1 : 0);
  if (absent?.isTrue) return { values, missing: 0 };
  target.valid!.fill(0, 0, values);
  if (column.dtype !== "string") return { values, missing: values };
  target.strings!.fill(0, 0, emptyDictionary);
  return { values, missing: values, stringBytes: emptyDictionary };
}

/** Only the offsets of the first lists are wanted. */
function scratchFor(location: ColumnLocation, offsets: readonly Uint32Array[]): ColumnTarget {
  const own = makeTarget(location);
  return { ...own, offsets: [...offsets, ...own.offsets.slice(offsets.length)] };
}

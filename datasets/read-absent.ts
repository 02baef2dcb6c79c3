/**
 * Fills the arrays of a column that its file lacks. All its values are missing; a column that tells whether lists are present is all true. Its lists
 * are as long as those of a column that the file has.
 */
import type { ColumnLocation, ColumnTarget, ReadCounts } from "./dataset.ts";
import type { Format } from "./format.ts";
import { makeTarget } from "./make-target.ts";
import type { ByteReader } from "./sources/source.ts";

/** The bytes of an empty dictionary. */
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

/** A target that uses the given arrays for the offsets of the outermost lists, and arrays that are discarded for all else. */
function scratchFor(location: ColumnLocation, offsets: readonly Uint32Array[]): ColumnTarget {
  const own = makeTarget(location);
  return { ...own, offsets: [...offsets, ...own.offsets.slice(offsets.length)] };
}

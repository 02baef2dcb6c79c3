/**
 * Finds out whether list columns that could be one collection by their names have lists of equal lengths. Their numbers of values do not tell this, since two
 * columns with at most one value per entry may easily have equally many. It compares the first page of each column (of one column if several share a counter)
 * in one file of each shape. The rest is compared when it is read.
 *
 * If reads may block the thread, other tasks run between two columns.
 */
import { Buffer } from "node:buffer";
import pMap from "p-map";
import { turn } from "../../base/turn.ts";
import { DatasetError, type FileIdentity } from "../dataset.ts";
import type { FileColumn, FileDescription } from "../format.ts";
import { formatNamed } from "../formats.ts";
import type { ByteReader, OpenOptions } from "../sources/source.ts";
import { sourceOf } from "../sources/sources.ts";
import { listGroups } from "./group-columns.ts";

/**
 * Returns the description with its `likeness`, or unchanged if there is nothing to compare. Throws `DatasetError` if the file has changed or cannot be opened.
 */
export async function compareLists(
  file: FileIdentity,
  description: FileDescription,
  { mayBlock }: Pick<OpenOptions, "mayBlock"> = {},
): Promise<FileDescription> {
  const { shape, units, nullable } = description;
  const unit = units.findIndex(({ entries }) => entries > 0);
  const groups = listGroups([...shape.columns].map(([name, column]) => ({ ...column, name })));
  if (unit < 0 || groups.length === 0) return description;
  const likeness = new Float64Array(nullable.length);
  const compare = async (reader: ByteReader) => {
    for (const group of groups) {
      const alike = byCounter(group);
      if (alike.length === 1) continue;
      const read = ([column]: readonly FileColumn[]) => readFirst(reader, description, { unit, column: column! });
      const firsts = await pMap(alike, read, { concurrency: reader.joined?.atATime ?? 1 });
      for (const [at, like] of clusterOf(firsts).entries()) for (const { index } of alike[at]!) likeness[index] = like;
    }
  };
  await sourceOf(file.path).open(file, compare, { mayBlock });
  return { ...description, likeness };
}

/** Groups the columns that share a counter; each one without a counter is alone. */
function byCounter<Column extends Pick<FileColumn, "counter" | "index">>(columns: readonly Column[]): readonly (readonly Column[])[] {
  const groups = new Map<string | number, Column[]>();
  for (const column of columns) {
    const key = column.counter ?? column.index;
    const group = groups.get(key);
    if (group) group.push(column);
    else groups.set(key, [column]);
  }
  return [...groups.values()];
}

/** Reads the first offsets of a column. They are empty if it cannot be read, since a query that reads it will be told why. */
async function readFirst(
  reader: ByteReader,
  description: FileDescription,
  { unit, column }: { readonly unit: number; readonly column: FileColumn },
): Promise<Uint32Array> {
  const format = formatNamed(description.shape.format);
  const { elements, place } = format.locate(description, unit, column);
  await turn();
  return await format.readFirstOffsets(reader, { values: elements[0], place }).catch((error: unknown) => {
    // A temporary failure tells nothing about the column.
    if (error instanceof DatasetError && !error.permanent) throw error;
    return new Uint32Array(0);
  });
}

/** Returns for each array the index of the first array that equals it, up to the length of the shortest. */
function clusterOf(firsts: readonly Uint32Array[]): number[] {
  const length = Math.min(...firsts.filter((each) => each.length > 0).map((each) => each.length));
  const bytesOf = ({ buffer, byteOffset }: Uint32Array) => new Uint8Array(buffer, byteOffset, 4 * length);
  const isLike = (a: Uint32Array, b: Uint32Array) => b.length > 0 && Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
  return firsts.map((each) => (each.length === 0 ? 0 : firsts.findIndex((other) => isLike(each, other))));
}

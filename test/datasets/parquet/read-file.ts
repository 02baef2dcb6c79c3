/** Reads whole Parquet files as nested arrays, without a catalogue: the result of `readColumn` for each leaf that can be read. */
import assert from "node:assert/strict";
import { mayBeNull } from "../../../datasets/catalogue/merge-schemas.ts";
import { baseName, type ColumnLocation, type ColumnTarget } from "../../../datasets/dataset.ts";
import type { FileColumn, FileDescription } from "../../../datasets/format.ts";
import { describeFile, formatNamed } from "../../../datasets/formats.ts";
import type { ByteRange, ByteReader } from "../../../datasets/sources/source.ts";
import { mostStringBytes, mostStrings } from "../../../engine/program/dictionary.ts";
import { makeTarget, type Value, valuesOf } from "../read-for-test.ts";

export type Nested = Value | readonly Nested[];

export function readerOf(bytes: Uint8Array): ByteReader {
  const copy = new Uint8Array(bytes);
  return {
    byteLength: copy.length,
    slice: async (start, end = copy.length) => {
      if (start < 0 || end > copy.length) throw new RangeError(`bytes ${start}–${end} of ${copy.length}`);
      return copy.slice(start, end).buffer;
    },
  };
}

/** A reader like that of a local file on a thread that may wait, for all of its columns. */
export function readerNowOf(bytes: Uint8Array): ByteReader {
  const readNow = (target: Uint8Array, start: number) => {
    if (start < 0 || start + target.length > bytes.length) throw new RangeError(`bytes from ${start} on, of ${bytes.length}`);
    target.set(bytes.subarray(start, start + target.length));
  };
  return { ...readerOf(bytes), readInto: async (target, start) => readNow(target, start), readNow, opened: {} };
}

/**
 * Reads a file by row groups, and again as a thread does that may wait, with several row groups in one unit. Both must give the same, or throw. Together, row
 * groups may have more different strings than a partition may, and must then be refused for that.
 */
export async function readFileColumns(reader: ByteReader, path = "test.parquet") {
  const { columns, unsupported } = await readByUnits(reader, path, 1);
  const grouped = await readByUnits(
    readerNowOf(new Uint8Array(await reader.slice(0))),
    path,
    1 + Math.ceil(((columns.values().next().value as Nested[] | undefined)?.length ?? 0) / 3),
  ).catch((error) => {
    if (/more than 65536 different strings/.test(String(error)) && [...columns.values()].some(hasTooManyStrings)) return undefined;
    throw error;
  });
  if (grouped) assert.deepEqual(grouped.columns, columns);
  return { columns, unsupported };
}

/** Whether one partition with all these entries would have too many strings. */
function hasTooManyStrings(entries: readonly Nested[]): boolean {
  const strings = new Set<string>();
  const add = (value: Nested): void => {
    if (typeof value === "string") strings.add(value);
    else if (Array.isArray(value)) for (const each of value) add(each);
  };
  for (const entry of entries) add(entry);
  const bytes = [...strings].reduce((sum, each) => sum + Buffer.byteLength(each), 0);
  return strings.size > mostStrings || bytes > mostStringBytes;
}

async function readByUnits(reader: ByteReader, path: string, partitionEvents: number) {
  const description = await describeFile(reader, baseName(path), { partitionEvents });
  const columns = new Map<string, Nested[]>();
  for (const [name, column] of description.shape.columns) {
    columns.set(name, await readEntriesOf(reader, description, { name, column }));
    for (const level of column.lists.keys())
      columns.set(`${name}?${level}`, await readPresence(reader, description, { name, column, level }));
  }
  return { columns, unsupported: description.shape.unsupported };
}

/** Reads for each list of a level whether it is present, as 1 or 0. Throws if a list is null that cannot be according to the description. */
async function readPresence(
  reader: ByteReader,
  description: FileDescription,
  { name, column, level }: { readonly name: string; readonly column: FileColumn; readonly level: number },
): Promise<Nested[]> {
  const presence: FileColumn = { ...column, dtype: "bool", lists: column.lists.slice(0, level), presence: level };
  const entries = await readEntriesOf(reader, description, { name, column: presence });
  if (!mayBeNull(description, column, level)) assert(!entries.flat(9).includes(0), `${name} has null lists of level ${level}`);
  return entries;
}

export async function readEntriesOf(
  reader: ByteReader,
  description: FileDescription,
  { name, column }: { readonly name: string; readonly column: FileColumn },
): Promise<Nested[]> {
  const { format } = description.shape;
  const entries: Nested[] = [];
  for (const [unit, range] of description.units.entries()) {
    if (range.entries === 0) continue;
    const { elements, place } = formatNamed(format).locate(description, unit, column);
    const form = {
      name,
      dtype: column.dtype,
      nullable: column.presence === undefined && description.nullable[column.index] === 1,
      lists: column.lists.map(String),
    };
    const file = { path: "/test.parquet", size: reader.byteLength, version: "" };
    const location: ColumnLocation = { file, format, column: form, ...range, elements, values: elements.at(-1) ?? range.entries, place };
    const target = makeTarget(location);
    const read = await formatNamed(format).read(onlyWithin(reader, formatNamed(format).ranges(location)), location, target);
    entries.push(...nest(target, range.entries, read.values));
  }
  return entries;
}

/** Refuses reads outside these ranges, since `ranges` of a format must contain everything that its `read` requests. */
export function onlyWithin(reader: ByteReader, ranges: readonly ByteRange[]): ByteReader {
  const refuseOthers = (start: number, end: number) => {
    if (ranges.some((range) => range.start <= start && end <= range.end)) return;
    throw new Error(`bytes ${start}–${end} are asked for and were not told`);
  };
  return {
    ...reader,
    slice: async (start, end = reader.byteLength, options) => {
      refuseOthers(start, end);
      return await reader.slice(start, end, options);
    },
    ...(reader.readNow && {
      readNow: (target, start) => {
        refuseOthers(start, start + target.length);
        reader.readNow!(target, start);
      },
    }),
  };
}

/** Converts a column to nested arrays, with null for missing values. */
export function nest(target: ColumnTarget, entries: number, count: number): readonly Nested[] {
  const { offsets } = target;
  let level: readonly Nested[] = valuesOf(target, count);
  // How many lists there are of each level: the last offset of a level is the number of lists inside it.
  const counts = [entries];
  for (const [depth, starts] of offsets.entries()) counts.push(starts[counts[depth]!]!);
  for (const [depth, starts] of [...offsets.entries()].toReversed()) {
    const inner = level;
    level = Array.from({ length: counts[depth]! }, (_, at) => inner.slice(starts[at], starts[at + 1]));
  }
  return level;
}

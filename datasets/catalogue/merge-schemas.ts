/**
 * Merges the schemas of many files into one, so that a query means the same in each file.
 *
 * A column that some files lack is missing there. It is usable only if it stands in equally many lists in all files that have it. Files may differ in its
 * number type, which then becomes one that holds both (`widen`); booleans, strings, numbers, and times in different units do not mix. A column without type and
 * values in a file fits any type. Unusable columns are listed with the reason and the file, so that a query for them fails immediately and says why, instead of silently counting only a
 * part of the events.
 */
import { type Column, type DType, type NullableList, presenceColumn, type Schema } from "../../engine/program/schema.ts";
import { widen } from "../column-form.ts";
import type { FileColumn, FileDescription } from "../format.ts";
import { groupColumns } from "./group-columns.ts";

export interface NamedFile {
  /** The file's name without its folder, for messages. */
  readonly name: string;
  readonly description: FileDescription;
}

type Merged =
  | { readonly kind: "column"; readonly column: FileColumn; readonly dtype: DType }
  | { readonly kind: "unsupported"; readonly reason: string };

/** Merges schemas; the columns are in the order of the first file that has them. `files` must not be empty. */
export function mergeSchemas(files: readonly NamedFile[]): Schema {
  const shapes = groupByShape(files);
  const differing = shapes.map(({ first }) => first);
  const names = new Set(
    differing.flatMap(({ description: { shape } }) => [...shape.columns.keys(), ...shape.unsupported.map(({ name }) => name)]),
  );
  const groupable: (FileColumn & { readonly name: string })[] = [];
  const columns: Omit<Column, "lists">[] = [];
  const unsupported: { name: string; reason: string }[] = [];
  for (const name of names) {
    const merged = mergeColumn(name, differing);
    if (merged.kind === "unsupported") {
      unsupported.push({ name, reason: merged.reason });
      continue;
    }
    groupable.push({ ...merged.column, name });
    columns.push({
      name,
      dtype: merged.dtype,
      nullable: shapes.some((shape) => isMissing(shape, name)),
      ...(shapes.some(({ columns, rounded }) => rounded[columns.get(name)?.index ?? -1]) && { isRounded: true }),
    });
  }
  const alike = new Map(shapes.map((shape) => [shape, shape.first.description.shape.hasBounds ? undefined : equallyMany(shape)]));
  const agree = (a: string, b: string) => shapes.every((shape) => agreeIn(shape, alike.get(shape), [a, b]));
  const places = groupColumns(groupable, (a, b) => agree(a.name, b.name));
  const placed = columns.map((column): Column => ({ ...column, ...places.get(column.name)! }));
  const nullableLists = findNullableLists(placed, shapes);
  return { columns: placed, ...(nullableLists.length > 0 && { nullableLists }), unsupported };
}

/** Finds the nullable lists: those of which a column says so in any file. */
function findNullableLists(columns: readonly Column[], shapes: readonly ShapeFiles[]): readonly NullableList[] {
  const found = new Map<string, NullableList>();
  const names = new Set(columns.map(({ name }) => name));
  for (const { name, lists } of columns) {
    const levels = shapes.reduce((bits, shape) => bits | (shape.nullLists[shape.columns.get(name)?.index ?? -1] ?? 0), 0);
    for (const [level, list] of lists.entries()) {
      if (((levels >>> level) & 1) === 0 || names.has(presenceColumn(list))) continue;
      found.set(list, { list, column: { name: presenceColumn(list), dtype: "bool", nullable: false, lists: lists.slice(0, level) } });
    }
  }
  return [...found.values()];
}

/** A group of files that have equal columns. */
export interface ShapeFiles {
  readonly first: NamedFile;
  readonly names: readonly string[];
  readonly descriptions: readonly FileDescription[];
  readonly columns: ReadonlyMap<string, FileColumn>;
  /** By `FileColumn.index`: 1 if it is so in any of the files. */
  readonly nullable: Uint8Array;
  readonly rounded: Uint8Array;
  /** The same as in `FileDescription`, with the bits of all these files. */
  readonly nullLists: Uint8Array;
  readonly hasEntries: boolean;
}

/** Groups the files by shape. Most datasets have one shape and thousands of files. */
export function groupByShape(files: readonly NamedFile[]): readonly ShapeFiles[] {
  const shapes = new Map<string, NamedFile[]>();
  for (const file of files) {
    const { digest } = file.description.shape;
    const known = shapes.get(digest);
    if (known) known.push(file);
    else shapes.set(digest, [file]);
  }
  return [...shapes.values()].map((alike) => {
    const descriptions = alike.map(({ description }) => description);
    const [{ shape, nullable }] = descriptions as [FileDescription];
    const anyOf = (name: "nullable" | "rounded" | "nullLists") => anyFlags(nullable.length, descriptions, name);
    return {
      first: alike[0]!,
      names: alike.map(({ name }) => name),
      descriptions,
      columns: shape.columns,
      nullable: anyOf("nullable"),
      rounded: anyOf("rounded"),
      nullLists: anyOf("nullLists"),
      hasEntries: descriptions.some(hasEntries),
    };
  });
}

/** The bits that any of the descriptions has. Most share one array, which then is looked at once. */
function anyFlags(length: number, descriptions: readonly FileDescription[], name: "nullable" | "rounded" | "nullLists"): Uint8Array {
  const any = new Uint8Array(length);
  let last: Uint8Array | undefined;
  for (const description of descriptions) {
    const flags = description[name];
    if (!flags || flags === last) continue;
    for (let index = 0; index < length; index++) any[index]! |= flags[index]!;
    last = flags;
  }
  return any;
}

const hasEntries = ({ units }: FileDescription): boolean => units.some(({ entries }) => entries > 0);

/** Whether values of the column may be missing in some of these files. */
function isMissing({ columns, nullable, hasEntries }: ShapeFiles, name: string): boolean {
  const column = columns.get(name);
  return column ? nullable[column.index] === 1 : hasEntries;
}

/**
 * For each column, finds the first one that has as many values in every unit of all these files. Each file is looked at once, however many pairs of columns
 * are compared later: columns that had equal numbers so far are separated at the first unit where they differ.
 */
function equallyMany({ descriptions, nullable: { length } }: ShapeFiles): Uint32Array {
  let first = new Uint32Array(length);
  const isUnlike = (values: Float64Array, start: number) => {
    for (let column = 0; column < length; column++) if (values[start + column] !== values[start + first[column]!]) return true;
    return false;
  };
  for (const { units, values } of descriptions) {
    for (let start = 0; start < units.length * length; start += length) {
      if (!isUnlike(values, start)) continue;
      const known = new Map<string, number>();
      first = first.map((like, column) => {
        const key = `${like} ${values[start + column]}`;
        const found = known.get(key) ?? column;
        known.set(key, found);
        return found;
      });
    }
  }
  return first;
}

/**
 * Whether two list columns have lists of equal lengths in all of these files, as far as is known without reading them; true if the files have only one of them.
 * `alike` is the result of `equallyMany`; undefined if the numbers of values are only bounds.
 */
function agreeIn({ descriptions, columns }: ShapeFiles, alike: Uint32Array | undefined, [a, b]: readonly [string, string]): boolean {
  const [mine, theirs] = [columns.get(a), columns.get(b)];
  if (!mine || !theirs) return true;
  if (mine.counter !== undefined && mine.counter === theirs.counter) return true;
  const telling = descriptions.find(hasEntries)?.likeness;
  if (telling?.[mine.index] !== telling?.[theirs.index]) return false;
  return alike ? alike[mine.index] === alike[theirs.index] : telling !== undefined;
}

function mergeColumn(name: string, files: readonly NamedFile[]): Merged {
  let merged: Extract<Merged, { kind: "column" }> | undefined;
  let first = files[0]!;
  let unit: { readonly text: string; readonly file: NamedFile } | undefined;
  const unusable = (reason: string): Merged => ({ kind: "unsupported", reason });
  for (const file of files) {
    const { shape } = file.description;
    const column = shape.columns.get(name);
    if (!column) {
      const known = shape.unsupported.find((each) => each.name === name);
      if (!known) continue;
      return unusable(`${known.reason}${files.length > 1 ? ` (in ${file.name})` : ""}`);
    }
    if (unit && column.unit !== undefined && column.unit !== unit.text)
      return unusable(`counts ${unit.text} in ${unit.file.name} and ${column.unit} in ${file.name}`);
    if (column.unit !== undefined) unit ??= { text: column.unit, file };
    if (!merged) {
      merged = { kind: "column", column, dtype: column.dtype };
      first = file;
      continue;
    }
    const differs = (mine: string, theirs: string) => unusable(`is ${mine} in ${first.name} and ${theirs} in ${file.name}`);
    if (String(column.lists) !== String(merged.column.lists)) return differs(nesting(merged.column), nesting(column));
    if (column.isEmpty) continue;
    if (merged.column.isEmpty) {
      merged = { kind: "column", column, dtype: column.dtype };
      first = file;
      continue;
    }
    const dtype = widen(merged.dtype, column.dtype);
    if (!dtype) return differs(merged.dtype, column.dtype);
    merged = { ...merged, dtype };
  }
  if (merged!.column.isEmpty) return unusable("holds nothing but nulls, in every file");
  return merged!;
}

function nesting({ lists, parts }: FileColumn): string {
  if (lists.length === 0) return "one value per entry";
  return lists.at(-1)! < parts.length ? "a field of a list of structs" : "a list";
}

/** Whether the file may lack values of its column. */
export const mayMiss = ({ nullable }: FileDescription, { index }: FileColumn): boolean => nullable[index] === 1;

/** Whether lists of this level may be null in the file. */
export const mayBeNull = ({ nullLists }: FileDescription, { index }: FileColumn, level: number): boolean =>
  (((nullLists?.[index] ?? 0) >>> level) & 1) === 1;

/** The first file with entries of each shape; the `likeness` of these files counts. */
export const firstThatTell = <File extends Pick<NamedFile, "description">>(files: readonly File[]): readonly File[] =>
  firstOfEachShape(files.filter(({ description }) => hasEntries(description)));

function firstOfEachShape<File extends Pick<NamedFile, "description">>(files: readonly File[]): File[] {
  const shapes = new Map<string, File>();
  for (const file of files) {
    const { digest } = file.description.shape;
    if (!shapes.has(digest)) shapes.set(digest, file);
  }
  return [...shapes.values()];
}

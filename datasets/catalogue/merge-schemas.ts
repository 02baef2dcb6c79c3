/**
 * One schema for a dataset of many files, so that a query means the same in each.
 *
 * A column is usable if every file has it, in equally many lists. Files may differ in number type: it is then
 * float64, which holds all others exactly. Booleans, strings and numbers do not mix. A file's column without type and values goes with any. What is not usable is listed with the reason and the
 * file, so that a query that asks for it fails at once and says why, rather than count a part of the events in silence.
 */
import type { Column, DType, Schema } from "../../engine/program/schema.ts";
import type { FileColumn, FileDescription } from "../format.ts";
import { groupColumns } from "./group-columns.ts";

export interface NamedFile {
  /** Without its folder, for messages. */
  readonly name: string;
  readonly description: FileDescription;
}

type Merged =
  | { readonly kind: "column"; readonly column: FileColumn; readonly dtype: DType }
  | { readonly kind: "unsupported"; readonly reason: string };

/** Columns in the order of the first file that has them. `files` is not empty. */
export function mergeSchemas(files: readonly NamedFile[]): Schema {
  const differing = firstOfEachShape(files);
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
    } else {
      groupable.push({ ...merged.column, name });
      columns.push({
        name,
        dtype: merged.dtype,
        nullable: files.some(({ description }) => mayMiss(description, columnOf(description, name))),
        ...(files.some(({ description }) => description.rounded?.[columnOf(description, name).index] === 1) && { isRounded: true }),
      });
    }
  }
  const telling = firstThatTell(files);
  const areAlike = (a: string, b: string) =>
    telling.every(({ description }) => {
      const [mine, theirs] = [columnOf(description, a).index, columnOf(description, b).index];
      return description.likeness?.[mine] === description.likeness?.[theirs];
    });
  const places = groupColumns(
    groupable,
    (a, b) => areAlike(a.name, b.name) && files.every(({ description }) => agreeIn(description, a.name, b.name)),
  );
  return { columns: columns.map((column) => ({ ...column, ...places.get(column.name)! })), unsupported };
}

function mergeColumn(name: string, files: readonly NamedFile[]): Merged {
  let merged: Extract<Merged, { kind: "column" }> | undefined;
  let [first] = files;
  const unusable = (reason: string): Merged => ({ kind: "unsupported", reason });
  for (const file of files) {
    const { shape } = file.description;
    const column = shape.columns.get(name);
    if (!column) {
      const known = shape.unsupported.find((each) => each.name === name);
      if (!known) return unusable(`is missing in ${file.name}`);
      return unusable(`${known.reason}${files.length > 1 ? ` (in ${file.name})` : ""}`);
    }
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

/** The type that holds both exactly; undefined where there is none: only numbers mix. */
export function widen(a: DType, b: DType): DType | undefined {
  if (a === b) return a;
  const isNumber = (dtype: DType) => dtype !== "bool" && dtype !== "string";
  return isNumber(a) && isNumber(b) ? "float64" : undefined;
}

/** Whether the file may lack values of its column. */
export const mayMiss = ({ nullable }: FileDescription, { index }: FileColumn): boolean => nullable[index] === 1;

const columnOf = ({ shape }: FileDescription, name: string): FileColumn => shape.columns.get(name)!;

function agreeIn(description: FileDescription, a: string, b: string): boolean {
  const { units, nullable, values } = description;
  const mine = columnOf(description, a).index;
  const theirs = columnOf(description, b).index;
  return units.every((_, unit) => values[unit * nullable.length + mine] === values[unit * nullable.length + theirs]);
}

/** Of each shape the first file that has entries: their `likeness` counts. */
export const firstThatTell = <File extends Pick<NamedFile, "description">>(files: readonly File[]): readonly File[] =>
  firstOfEachShape(files.filter(({ description }) => description.units.some(({ entries }) => entries > 0)));

/** Most datasets have one shape, and thousands of files. */
function firstOfEachShape<File extends Pick<NamedFile, "description">>(files: readonly File[]): File[] {
  const shapes = new Map<string, File>();
  for (const file of files) {
    const { digest } = file.description.shape;
    if (!shapes.has(digest)) shapes.set(digest, file);
  }
  return [...shapes.values()];
}

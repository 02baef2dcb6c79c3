/**
 * One schema for a dataset of many files, so that a query means the same in each.
 *
 * A column is usable if every file has it, as a list or as one value per entry alike. Files may differ in number type: it is then
 * float64, which holds all others exactly. Booleans and numbers do not mix. What is not usable is listed with the reason and the
 * file, so that a query that asks for it fails at once and says why, rather than count a part of the events in silence.
 */
import type { Column, DType, Schema } from "../../engine/program/schema.ts";
import type { Leaf, ParquetFile } from "../parquet/chunk.ts";
import { groupColumns } from "./group-columns.ts";

export interface NamedFile {
  /** Without its folder, for messages. */
  readonly name: string;
  readonly content: ParquetFile;
}

type Merged =
  | { readonly kind: "column"; readonly leaf: Leaf; readonly dtype: DType }
  | { readonly kind: "unsupported"; readonly reason: string };

/** Columns in the order of the first file that has them. `files` is not empty. */
export function mergeSchemas(files: readonly NamedFile[]): Schema {
  const distinctFiles = distinct(files);
  const names = new Set(
    distinctFiles.flatMap(({ content }) => [...content.shape.leaves.keys(), ...content.shape.unsupported.map(({ name }) => name)]),
  );
  const leaves: (Leaf & { readonly name: string })[] = [];
  const columns: Omit<Column, "lists">[] = [];
  const unsupported: { name: string; reason: string }[] = [];
  for (const name of names) {
    const merged = mergeColumn(name, distinctFiles);
    if (merged.kind === "unsupported") {
      unsupported.push({ name, reason: merged.reason });
    } else {
      leaves.push({ ...merged.leaf, name });
      columns.push({ name, dtype: merged.dtype, nullable: files.some(({ content }) => mayMiss(content, name)) });
    }
  }
  const memberships = groupColumns(leaves, (a, b) => files.every(({ content }) => agreeIn(content, a.name, b.name)));
  return { columns: columns.map((column) => ({ ...column, ...memberships.get(column.name)! })), unsupported };
}

function mergeColumn(name: string, files: readonly NamedFile[]): Merged {
  let merged: Extract<Merged, { kind: "column" }> | undefined;
  const first = files[0]!;
  for (const file of files) {
    const leaf = file.content.shape.leaves.get(name);
    if (!leaf) {
      const known = file.content.shape.unsupported.find((column) => column.name === name);
      const reason = known ? `${known.reason}${files.length > 1 ? ` (in ${file.name})` : ""}` : `is missing in ${file.name}`;
      return { kind: "unsupported", reason };
    }
    if (!merged) {
      merged = { kind: "column", leaf, dtype: leaf.dtype };
      continue;
    }
    const differs = (mine: string, theirs: string): Merged => ({
      kind: "unsupported",
      reason: `is ${mine} in ${first.name} and ${theirs} in ${file.name}`,
    });
    if (leaf.listParts !== merged.leaf.listParts) return differs(shapeOf(merged.leaf), shapeOf(leaf));
    const dtype = widen(merged.dtype, leaf.dtype);
    if (!dtype) return differs(merged.dtype, leaf.dtype);
    merged = { ...merged, dtype };
  }
  return merged!;
}

function shapeOf({ listParts, parts }: Leaf): string {
  if (listParts === undefined) return "one value per entry";
  return listParts < parts.length ? "a field of a list of structs" : "a list";
}

/** The type that holds both exactly; undefined for a boolean and a number. */
export function widen(a: DType, b: DType): DType | undefined {
  if (a === b) return a;
  return a === "bool" || b === "bool" ? undefined : "float64";
}

/** Whether the file may lack values of the column, which it has. */
export function mayMiss({ shape, nullable }: ParquetFile, name: string): boolean {
  return nullable[shape.leaves.get(name)!.index] === 1;
}

function agreeIn({ shape, rowGroups }: ParquetFile, a: string, b: string): boolean {
  const mine = shape.leaves.get(a)!.index;
  const theirs = shape.leaves.get(b)!.index;
  return rowGroups.every(({ values }) => values[mine] === values[theirs]);
}

/** The first file of each shape: most datasets have one shape, and thousands of files. */
function distinct(files: readonly NamedFile[]): NamedFile[] {
  const shapes = new Map<string, NamedFile>();
  for (const file of files) if (!shapes.has(file.content.shape.digest)) shapes.set(file.content.shape.digest, file);
  return [...shapes.values()];
}

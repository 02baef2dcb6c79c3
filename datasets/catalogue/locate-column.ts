/** Locates a column of a partition in its file, and decides how a column that the file lacks is read. Pure. */
import { type Column, listOfPresence, type Schema, standsIn } from "../../engine/program/schema.ts";
import { type ColumnForm, columnOf, widen } from "../column-form.ts";
import type { ColumnLocation, FileIdentity, Partition } from "../dataset.ts";
import type { FileColumn, FileDescription } from "../format.ts";
import { formatNamed } from "../formats.ts";
import { mayBeNull, mayMiss } from "./merge-schemas.ts";

export interface LocateOptions {
  readonly file: FileIdentity;
  readonly description: FileDescription;
  readonly partition: Pick<Partition, "firstEntry" | "entries" | "unit">;
  /** The dataset's schema. */
  readonly schema: Schema;
  readonly name: string;
  /** The form to read it in; by default that of the dataset. */
  readonly form?: ColumnForm | undefined;
}

/** The values of a column of which only the lists are read. */
const lengthsOnly = { dtype: "bool", nullable: true } as const;

/** Locates a column. Returns the reason as text if the file does not have it, or not in the requested form. */
export function locateColumn(options: LocateOptions): ColumnLocation | string {
  const { description, schema, name, form } = options;
  const own = description.shape.columns.get(name);
  const merged = schema.columns.find((each) => each.name === name);
  const list = own || merged ? undefined : listOfPresence(name);
  if (list !== undefined) return locatePresence(options, list);
  if (!own) {
    if (merged) return locateAbsent(options, form ? columnOf(name, form, { ...merged, nullable: true }) : merged);
    // The program was compiled for another dataset, and reads no more than how long the lists are: other columns tell the same.
    if (form && form.dtype === undefined && form.lists.length > 0) return locateAbsent(options, columnOf(name, form, lengthsOnly));
    return "the file has no such column";
  }
  const column = form ? inForm(description, own, { name, form }) : merged;
  if (column) return locateOwn(options, column, own);
  return form ? "the query reads it as the file does not have it" : "it cannot be used in every file of the dataset";
}

function locateOwn({ file, description, partition }: LocateOptions, column: Column, own: FileColumn): ColumnLocation {
  const { firstEntry, entries, unit } = partition;
  const { format } = description.shape;
  const { elements, place } = formatNamed(format).locate(description, unit, own);
  return { file, format, column, firstEntry, entries, elements, values: elements.at(-1) ?? entries, place };
}

/**
 * Locates the column that tells whether each list of a name is null. If several list columns form one collection, it is the first of those that may be null,
 * since they are read together and nothing compares them.
 */
function locatePresence(options: LocateOptions, list: string): ColumnLocation | string {
  const { description, schema, name, form, file, partition } = options;
  const { columns } = description.shape;
  const inside = schema.columns.filter(({ name, lists }) => lists.includes(list) && columns.has(name));
  const [first] = inside;
  if (!first) return `the file has nothing of ${list}`;
  const level = first.lists.indexOf(list);
  const column: Column = { name, dtype: "bool", nullable: false, lists: first.lists.slice(0, level) };
  if (form && form.lists.length !== level) return "the query reads it as the file does not have it";
  const telling = inside.find((each) => mayBeNull(description, columns.get(each.name)!, level));
  if (telling) {
    const own = columns.get(telling.name)!;
    return locateOwn(options, column, { ...own, lists: own.lists.slice(0, level), presence: level });
  }
  if (level > 0) {
    const like = locateColumn({ file, description, partition, schema, name: first.name });
    if (typeof like === "string") return like;
    const elements = like.elements.slice(0, level);
    return { ...like, column, elements, values: elements.at(-1)!, absent: { like, isTrue: true } };
  }
  const { firstEntry, entries } = partition;
  return {
    file,
    format: description.shape.format,
    column,
    firstEntry,
    entries,
    elements: [],
    values: entries,
    place: undefined,
    absent: { isTrue: true },
  };
}

/** Locates a column that the file lacks: its values are missing, and its lists are those of another column that the file has. */
function locateAbsent(options: LocateOptions, column: Column): ColumnLocation | string {
  const { file, description, partition, schema } = options;
  if (!column.nullable) return "the file has no such column, and the query reads it as if each file had it";
  const { firstEntry, entries } = partition;
  const location = { file, format: description.shape.format, column, firstEntry, entries };
  if (column.lists.length === 0) return { ...location, elements: [], values: entries, place: undefined, absent: {} };
  const sibling = cheapest(schema.columns.filter((each) => standsIn(each, column.lists) && description.shape.columns.has(each.name)));
  if (!sibling) return `the file has nothing of ${column.lists.at(-1)}`;
  const own = description.shape.columns.get(sibling.name)!;
  const like = locateOwn(options, { ...sibling, dtype: own.dtype, nullable: mayMiss(description, own) }, own);
  const elements = like.elements.slice(0, column.lists.length);
  return { ...location, elements, values: elements.at(-1)!, place: like.place, absent: { like } };
}

/** The column that is cheapest to read, since only the lengths of its lists are needed. */
function cheapest(columns: readonly Column[]): Column | undefined {
  const costs: Readonly<Partial<Record<Column["dtype"], number>>> = { bool: 1, string: 100 };
  const cost = ({ dtype, lists }: Column) => 1000 * lists.length + (costs[dtype] ?? 10);
  return columns.toSorted((a, b) => cost(a) - cost(b))[0];
}

/** The column of a file in a form that holds all its values; undefined where this one does not. */
function inForm(
  description: FileDescription,
  own: FileColumn,
  { name, form }: { readonly name: string; readonly form: ColumnForm },
): Column | undefined {
  const nullable = mayMiss(description, own);
  const column = columnOf(name, form, { dtype: own.dtype, nullable });
  const fits = own.lists.length === form.lists.length && (own.isEmpty || widen(column.dtype, own.dtype) === column.dtype);
  return fits && (column.nullable || !nullable) ? column : undefined;
}

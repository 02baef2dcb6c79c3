/** What the engine knows of a dataset: its columns, flat and typed. Files, paths and encodings are the readers' business. */

/**
 * Type of a column in memory. `bool` is one byte, 0 or 1; a `string` is an int32, its place in the dictionary of the partition's strings.
 * Expressions compare `int64` and `uint64` exactly; whatever else they do with them they do with the nearest float64.
 */
export type DType = "float32" | "float64" | "int32" | "uint32" | "int64" | "uint64" | "bool" | "string";

export interface Column {
  /** Full name, as the file has it: `Muon_pt`, `Muon.pt`, `MET_pt`, `event`. */
  readonly name: string;
  readonly dtype: DType;
  /** True where values may be missing (the file says so and its statistics do not rule it out). */
  readonly nullable: boolean;
  /** Its values may be integers from ±2^53 on, of which several become the same float64: the file's statistics say so, or there are none. A float64 column holds them rounded. */
  readonly isRounded?: true;
  /**
   * The path of lists that its values stand in, outermost first: `[]` is one value per event, `["Muon"]` a list of them,
   * `["Jet", "Jet.constituents"]` a list of lists. An inner list has the name of the one around it, a dot and its
   * field, so the last one tells the path; a plain list of lists has the field `[]`: `["x", "x.[]"]`. Columns of the same list
   * share its offsets: they have equal lengths everywhere. A list column on its own is the only one of a list of its name.
   */
  readonly lists: readonly string[];
  /** Name under its record or collection: `Muon_pt` → record `Muon`, field `pt`. Absent for a plain column. */
  readonly member?: { readonly record: string; readonly field: string };
}

export interface Schema {
  readonly columns: readonly Column[];
  /** Which lists may be null, and not only empty. Absent where none may. */
  readonly nullableLists?: readonly NullableList[];
  /** Columns that cannot be used yet, and why. */
  readonly unsupported: readonly { readonly name: string; readonly reason: string }[];
}

/** Null lists have no elements, as empty ones: who wants to tell them apart reads one more column, of booleans: whether each list is there. */
export interface NullableList {
  /** As in `Column.lists`. */
  readonly list: string;
  /** In the lists around it, if any. */
  readonly column: Column;
}

/** The name of the column that says whether each list is there. */
export const presenceColumn = (list: string): string => `${list}?`;

/** The list of which a column says whether it is there, by the column's name; undefined for other columns. */
export const listOfPresence = (column: string): string | undefined => (column.endsWith("?") ? column.slice(0, -1) : undefined);

/** The list that a column's values are elements of; undefined for one value per event. */
export const innermost = ({ lists }: Pick<Column, "lists">): string | undefined => lists.at(-1);

/** The field by which the lists in a plain list of lists go. */
export const elementField = "[]";

/** The name of the list that is a field of the elements of another. */
export const innerList = (outer: string, field: string): string => `${outer}.${field}`;

export const outerOf = (inner: string): string => inner.slice(0, inner.lastIndexOf("."));

/** Whether a column's values lie in the list that a path leads to, or in lists inside it. */
export const standsIn = ({ lists }: Pick<Column, "lists">, path: readonly string[]): boolean => lists[path.length - 1] === path.at(-1);

export const bytesPerValue: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  bool: 1,
  string: 4,
};

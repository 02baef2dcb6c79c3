/** What the engine knows of a dataset: its columns, flat and typed. Only the readers know files, paths and encodings. */

/**
 * The type of a column in memory. `bool` is one byte, 0 or 1; a `string` is an int32, its position in the dictionary of the partition's strings.
 * Expressions compare `int64` and `uint64` exactly; all other operations use the nearest float64.
 */
export type DType = "float32" | "float64" | "int32" | "uint32" | "int64" | "uint64" | "bool" | "string";

export interface Column {
  /** The full name in the file, such as `Muon_pt`, `Muon.pt`, `MET_pt` or `event`. */
  readonly name: string;
  readonly dtype: DType;
  /** Whether values may be missing: the file says so, and its statistics do not rule it out. */
  readonly nullable: boolean;
  /** Its values may be integers of magnitude 2^53 or more, which float64 rounds: the file's statistics say so or are missing. A float64 column holds them rounded. */
  readonly isRounded?: true;
  /**
   * The path of lists around its values, outermost first: `[]` means one value per event, `["Muon"]` a list of values,
   * `["Jet", "Jet.constituents"]` a list of lists. An inner list is named by the list around it, a dot and its field, so the last name determines
   * the path; a plain list of lists has the field `[]`: `["x", "x.[]"]`. Columns of the same list share its offsets, since their lists have equal
   * lengths everywhere. A single list column is the only column of a list with its name.
   */
  readonly lists: readonly string[];
  /** Its record or collection, and its field in that: `Muon_pt` is field `pt` of `Muon`. Absent for a plain column. */
  readonly member?: { readonly record: string; readonly field: string };
}

export interface Schema {
  readonly columns: readonly Column[];
  /** The lists that may be null, not only empty. Absent if there are none. */
  readonly nullableLists?: readonly NullableList[];
  /** Columns that cannot be used yet, and why. */
  readonly unsupported: readonly { readonly name: string; readonly reason: string }[];
}

/** A list that may be null. Null lists have no elements, like empty ones; one more column of booleans tells them apart. */
export interface NullableList {
  /** Its name, as in `Column.lists`. */
  readonly list: string;
  /** The column that tells for each list whether it is present. It stands in the lists around that one, if any. */
  readonly column: Column;
}

/** The name of the column that tells for each list of this name whether it is present. */
export const presenceColumn = (list: string): string => `${list}?`;

/** The list whose presence a column of this name tells; undefined for other columns. */
export const listOfPresence = (column: string): string | undefined => (column.endsWith("?") ? column.slice(0, -1) : undefined);

/** The list that a column's values are elements of; undefined for one value per event. */
export const innermost = ({ lists }: Pick<Column, "lists">): string | undefined => lists.at(-1);

/** The field name of the inner lists in a plain list of lists. */
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

/**
 * Rows: the values of some columns for events that pass a program's filters: the first ones in the order of events, up to the program's limit. A
 * partial holds the rows of its partition. Merging only counts rows; they are read from the partials in the order of partitions.
 */

export const mostRows = 1_000_000;

/** The most bytes that the rows of one partition may take. */
export const mostRowBytes = 64_000_000;

/** The bytes that a column takes in one row: eight for its value, one for whether it is there. */
export const bytesPerColumn = 9;

/** The type of a column of rows. `int64` and `uint64` are kept exactly. */
export type RowKind = "number" | "boolean" | "string" | "int64" | "uint64";

export type RowValues = Float64Array | BigInt64Array | BigUint64Array;

/** The most bytes that a partition's rows can take. */
export const largestRows = (rows: { readonly columns: readonly unknown[]; readonly limit: number } | undefined): number =>
  rows ? Math.min(mostRowBytes, bytesPerColumn * rows.columns.length * rows.limit) : 0;

export interface RowColumn {
  readonly kind: RowKind;
  /** Eight bytes for each row: a number; 0 or 1 for a boolean; the index in `strings` for a string; 0 if the value is missing. */
  readonly values: RowValues;
  /** One byte for each row: 1 if the value is there, 0 if it is missing. Absent if no value is missing. */
  readonly present?: Uint8Array;
  /** For a column of strings: the different strings, in the order of their first rows. */
  readonly strings?: readonly string[];
}

export interface PartialRows {
  readonly count: number;
  /** Empty after merging partials. */
  readonly columns: readonly RowColumn[];
}

/** The rows' part of a partial's header. */
export interface WrittenRows {
  readonly count: number;
  readonly columns: readonly (Pick<RowColumn, "kind" | "strings"> & { readonly hasMissing?: true })[];
}

export const writeRows = ({ count, columns }: PartialRows): WrittenRows => ({
  count,
  columns: columns.map(({ kind, present, strings }) => ({ kind, ...(present && { hasMissing: true }), ...(strings && { strings }) })),
});

/** The rows' arrays after the header: for each column its values and then, if some are missing, `present`, padded to a multiple of eight bytes. */
export const rowArrays = ({ columns }: PartialRows): readonly (RowValues | Uint8Array)[] =>
  columns.flatMap(({ values, present }) => (present ? [values, padded(present)] : [values]));

/** Reads what `writeRows` and `rowArrays` wrote. `take` returns the next `count` float64. */
export function readRows({ count, columns }: WrittenRows, take: (count: number) => Float64Array): PartialRows {
  return {
    count,
    columns: columns.map(({ hasMissing, ...column }) => ({
      ...column,
      values: viewOf(column.kind, take(count)),
      ...(hasMissing && { present: new Uint8Array(take(Math.ceil(count / 8)).buffer, 0, count) }),
    })),
  };
}

/** The same bytes as values of this kind. */
export function viewOf(kind: RowKind, { buffer, byteOffset, length }: Float64Array): RowValues {
  if (kind === "int64") return new BigInt64Array(buffer, byteOffset, length);
  return kind === "uint64" ? new BigUint64Array(buffer, byteOffset, length) : new Float64Array(buffer, byteOffset, length);
}

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(8 * Math.ceil(bytes.length / 8));
  whole.set(bytes);
  return whole;
}

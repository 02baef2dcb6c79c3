/**
 * Rows: the values of some columns for the events that pass a program's filters, the first ones in the order of events, as many as the program's limit. A
 * partial has those of its partition; merging counts them only, and whoever wants them reads them from the partials in the order of partitions.
 */

export const mostRows = 1_000_000;

/** The most bytes that the rows of one partition take. */
export const mostRowBytes = 64_000_000;

/** Bytes that a column takes in one row: its value, and whether it is there. */
export const bytesPerColumn = 9;

/** `int64` and `uint64`: as the file has them, exactly. */
export type RowKind = "number" | "boolean" | "string" | "int64" | "uint64";

export type RowValues = Float64Array | BigInt64Array | BigUint64Array;

/** Bytes of a partition's rows, at most. */
export const largestRows = (rows: { readonly columns: readonly unknown[]; readonly limit: number } | undefined): number =>
  rows ? Math.min(mostRowBytes, bytesPerColumn * rows.columns.length * rows.limit) : 0;

export interface RowColumn {
  readonly kind: RowKind;
  /** One of eight bytes for each row: numbers as they are, booleans 0 and 1, of a string its place in `strings`; 0 where it is missing. */
  readonly values: RowValues;
  /** Where some are missing: 1 for each that is there, else 0. */
  readonly present?: Uint8Array;
  /** Of a column of strings, those that there are, in the order in which they come first. */
  readonly strings?: readonly string[];
}

export interface PartialRows {
  readonly count: number;
  /** Empty where partials were merged. */
  readonly columns: readonly RowColumn[];
}

/** What the header of a partial has of them. */
export interface WrittenRows {
  readonly count: number;
  readonly columns: readonly (Pick<RowColumn, "kind" | "strings"> & { readonly hasMissing?: true })[];
}

export const writeRows = ({ count, columns }: PartialRows): WrittenRows => ({
  count,
  columns: columns.map(({ kind, present, strings }) => ({ kind, ...(present && { hasMissing: true }), ...(strings && { strings }) })),
});

/** What follows the header: for each column its values, and then, where some are missing, `present` up to a multiple of eight bytes. */
export const rowArrays = ({ columns }: PartialRows): readonly (RowValues | Uint8Array)[] =>
  columns.flatMap(({ values, present }) => (present ? [values, padded(present)] : [values]));

/** `take` gives the next so many float64. */
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

/**
 * The interface of file formats. A format is a folder of its own and one row in `formats.ts`; no other code names it.
 *
 * A file is described once (`describe`). From the description, which is kept in memory and in the store, `locate` tells where a column of one
 * unit lies, as plain data; on any thread, `read` turns the bytes there into flat arrays.
 */
import type { DType } from "../engine/program/schema.ts";
import type { NumberBounds } from "../engine/skip/number-bounds.ts";
import type { ColumnLocation, ColumnTarget, ReadCounts } from "./dataset.ts";
import type { ByteRange, ByteReader } from "./sources/source.ts";

export interface Format {
  /** The name in stored keys. It must change whenever the meaning of descriptions changes. */
  readonly name: string;
  /** The name for people. */
  readonly title: string;
  /** The ending of its files' names. A folder stands for the files in it with such endings. */
  readonly ending: string;
  /** Whether a file that begins with these bytes (`headBytes` of them, or the whole file) is of this format. */
  recognises(head: Uint8Array): boolean;
  /** Describes a file. Throws a permanent `DatasetError` if it is no valid file of this format, and whatever the reader throws. `name` is for messages. */
  describe(file: ByteReader, name: string, options: DescribeOptions): Promise<FileDescription>;
  /** Tells where a column of one unit lies, from the description alone. */
  locate(description: FileDescription, unit: number, column: FileColumn): Pick<ColumnLocation, "elements" | "place">;
  /** The bounds of all values of a column of one unit by the file's own statistics; undefined if these tell nothing that can be trusted. */
  boundsOf?(description: FileDescription, unit: number, column: FileColumn): NumberBounds | undefined;
  /** The ranges of bytes that `read` will request, in this order and each from front to back. They follow from the location alone. */
  ranges(location: Pick<ColumnLocation, "place">): readonly ByteRange[];
  /** Reads the offsets of a column in one level of lists, for as many of the unit's first entries as one page has. */
  readFirstOffsets(file: ByteReader, location: Pick<ColumnLocation, "values" | "place">): Promise<Uint32Array>;
  /**
   * Fills the target, which must be as large as the location says. Once it resolves, exactly the entries of the location were decoded. If it throws, the
   * target's content is undefined. It never writes outside of the target, and ends whatever bytes the file has.
   */
  read(file: ByteReader, location: ColumnLocation, target: ColumnTarget): Promise<ReadCounts>;
  /** Loads and compiles what `read` may need, to save the first `read` this time. */
  prepare?(): Promise<void>;
  /** For people: the type of a column's values as the file has them, such as `int16`; absent where `dtype` tells. */
  typeName?(column: FileColumn): string | undefined;
  /** For people: how many bytes a column of one unit takes in the file, and how they are compressed. */
  sizeOf?(description: FileDescription, unit: number, column: FileColumn): StoredSize;
  /** Lists the trees of the file, which can be described by name. Absent for formats whose files hold one table. Throws like `describe`. */
  trees?(file: ByteReader, name: string): Promise<readonly TreeSummary[]>;
}

export interface StoredSize {
  readonly bytes: number;
  /** The usual name, such as `zstd` or `none`; absent if the description does not tell. */
  readonly compression?: string;
}

/** A tree of a file: one of its tables of entries. */
export interface TreeSummary {
  /** Its name, including folders. */
  readonly name: string;
  /** `TTree` or `ROOT::RNTuple`. */
  readonly className: string;
  /** Absent if the tree cannot be read. */
  readonly entries?: number;
}

/** In entries. Smaller partitions cost too much administration each, and larger ones delay the first progress of a query. */
export const usualPartitionEvents = 250_000;

export interface DescribeOptions {
  /**
   * The tree to describe, by its name or path (`Events`, `folder/tree`). Trees of equal length are joined by plus signs and read as one (`A+B`).
   * If absent: the only tree, else `Events`. A format whose files hold one table refuses this option.
   */
  readonly tree?: string | undefined;
  /**
   * The least entries of a unit: groups of entries that the file stores together are joined until they have as many. If absent, a unit is one
   * such group or, if the file has no groups, `usualPartitionEvents` entries.
   */
  readonly partitionEvents?: number | undefined;
}

/** What planning and reading need of a file's metadata. Plain data: JSON and typed arrays. */
export interface FileDescription {
  readonly shape: FileShape;
  /** Consecutive ranges of entries that together make up the file. Each range with entries becomes a partition. */
  readonly units: readonly { readonly entries: number; readonly firstEntry: number }[];
  /** By `FileColumn.index`: 1 if values of the column may be missing; lists do not count. */
  readonly nullable: Uint8Array;
  /** By `FileColumn.index`: bit n is set if the column's lists of level n (0: outermost) may be null, not only empty. Absent if none may. */
  readonly nullLists?: Uint8Array;
  /** By `FileColumn.index`: 1 if values may be integers of magnitude 2^53 or more. Absent if none may. */
  readonly rounded?: Uint8Array;
  /**
   * The most values of column c in unit u, at [u * nullable.length + c]. List columns with equal numbers (and `likeness`) everywhere are assumed to
   * have lists of equal lengths until they are read.
   */
  readonly values: Float64Array;
  /**
   * By `FileColumn.index`: list columns whose names form a group have equal numbers if their first lists, as far as they were read, are equally long.
   * Absent if these were not read.
   */
  readonly likeness?: Float64Array;
  /** `places`, and `values` that are bounds, are left out, so `locate` cannot use this description. */
  readonly isShort?: true;
  /** Numbers that `locate` needs, by names that the format chooses. */
  readonly places: Readonly<Record<string, Float64Array | Uint8Array>>;
}

/** The columns of a file. Most files of a dataset share one shape. */
export interface FileShape {
  /** The name of the format. */
  readonly format: string;
  /** The columns by full name. */
  readonly columns: ReadonlyMap<string, FileColumn>;
  readonly unsupported: readonly { readonly name: string; readonly reason: string }[];
  /** The file's tree if the dataset's pattern names none; other files of the dataset may have other trees. */
  readonly tree?: string;
  /** The numbers of values are upper bounds, so columns with different numbers may still have lists of equal lengths. */
  readonly hasBounds?: boolean;
  /** SHA-256 of the shape: equal for files of equal shape. */
  readonly digest: string;
}

export interface FileColumn {
  /** The column's position in the description's arrays. */
  readonly index: number;
  /** The names on the path from the file's root, without those that only form a list. Joined by points they are the full name. */
  readonly parts: readonly string[];
  /** For each level of lists around the values, outermost first: how many of `parts` name it. `[]` means one value per entry. */
  readonly lists: readonly number[];
  /**
   * A name for what determines the lengths of its outermost lists, if the format knows it: in ROOT the counter's branch, or a fixed length. Columns of one
   * counter have lists of equal lengths; columns of different counters may have.
   */
  readonly counter?: string;
  readonly dtype: DType;
  /** Present if this column tells, by booleans, whether each list of this level is present rather than null. `lists` then has the levels around it only. */
  readonly presence?: number;
  /** The unit in which its whole numbers count, such as `days since 1970-01-01`, if the file states one. Numbers in different units must not be mixed. */
  readonly unit?: string;
  /** It has neither a type nor values: writers do this with a column that is empty. */
  readonly isEmpty?: boolean;
  /** What the format needs to decode the column, as JSON. */
  readonly stored: unknown;
}

/** A column to write. An array of bytes means booleans. */
export interface FlatColumn {
  readonly name: string;
  readonly values: Float32Array | Float64Array | Int32Array | BigInt64Array | BigUint64Array | Uint8Array;
  /** For each value: 1 if it is present, 0 if missing. Not allowed for lists. */
  readonly valid?: Uint8Array;
  /** If present, values are positions in these strings. */
  readonly strings?: readonly string[];
  /** For a list: entry i is values [offsets[i], offsets[i + 1]). Columns that share the array share its encoding. */
  readonly offsets?: Uint32Array;
  /** Whether to compress: it pays for few distinct values, and only costs time for random bits. */
  readonly compress?: boolean;
}

/** The most levels of lists inside lists, since `nullLists` has one bit per level. */
export const mostListLevels = 8;
export const tooDeep = `stands in more than ${mostListLevels} lists, one in the other`;

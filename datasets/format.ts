/**
 * The seam for file formats. A format is a folder of its own and one row in `formats.ts`; nothing else knows what it is called.
 *
 * A file is described once (`describe`). From the description, which is kept in memory and in the store, `locate` tells where a column of one
 * unit lies, as plain data; on any thread, `read` turns the bytes there into flat arrays.
 */
import type { DType } from "../engine/program/schema.ts";
import type { NumberBounds } from "../engine/skip/number-bounds.ts";
import type { ColumnLocation, ColumnTarget, ReadCounts } from "./dataset.ts";
import type { ByteRange, ByteReader } from "./sources/source.ts";

export interface Format {
  /** Part of stored keys: another one where descriptions mean something else. */
  readonly name: string;
  /** As people write it. */
  readonly title: string;
  /** How the names of its files end: of a folder, these files are meant. */
  readonly ending: string;
  /** Whether a file that begins with these bytes (`headBytes` of them, or the whole file) is of this format. */
  recognises(head: Uint8Array): boolean;
  /** Throws `DatasetError`, permanent, for what is no sound file of this format, and what the reader throws. `name` is for messages. */
  describe(file: ByteReader, name: string, options: DescribeOptions): Promise<FileDescription>;
  /** Where a column of one unit lies: from the description alone. */
  locate(description: FileDescription, unit: number, column: FileColumn): Pick<ColumnLocation, "elements" | "place">;
  /** What the file's own statistics tell of all values of a column of one unit; absent, or undefined, where they tell nothing that can be trusted. */
  boundsOf?(description: FileDescription, unit: number, column: FileColumn): NumberBounds | undefined;
  /** The bytes that `read` will ask for, each range front to back, in this order: from the location alone, without looking at the file. */
  ranges(location: Pick<ColumnLocation, "place">): readonly ByteRange[];
  /** Where the first lists of a column of one list end: offsets as of `read`, for as many of the unit's first entries as one page tells. */
  readFirstOffsets(file: ByteReader, location: Pick<ColumnLocation, "values" | "place">): Promise<Uint32Array>;
  /**
   * Fills the target, which is as large as the location says. On return exactly the entries of the location were decoded, and nothing was written
   * outside of the target; otherwise throws, and the target holds anything. Ends on any bytes.
   */
  read(file: ByteReader, location: ColumnLocation, target: ColumnTarget): Promise<ReadCounts>;
  /** Loads and compiles what `read` may need, which it does itself otherwise. */
  prepare?(): Promise<void>;
  /** For people: the type of a column's values as the file has them, such as `int16`; absent where `dtype` tells. */
  typeName?(column: FileColumn): string | undefined;
  /** For people: what a column of one unit takes in the file, and how it is compressed. */
  sizeOf?(description: FileDescription, unit: number, column: FileColumn): StoredSize;
  /** What the file holds besides: each can be described by its name. Absent where a file is one table. Throws as `describe`. */
  trees?(file: ByteReader, name: string): Promise<readonly TreeSummary[]>;
}

export interface StoredSize {
  readonly bytes: number;
  /** As people write it: `zstd`, `none`; absent where the description does not tell. */
  readonly compression?: string;
}

/** A tree of a file: one of its tables of entries. */
export interface TreeSummary {
  /** With the folders that it is in. */
  readonly name: string;
  /** `TTree`, `ROOT::RNTuple`. */
  readonly className: string;
  /** Absent where it cannot be read. */
  readonly entries?: number;
}

/** Entries: smaller partitions are not worth their upkeep, and larger ones would keep people waiting for the first progress. */
export const usualPartitionEvents = 250_000;

export interface DescribeOptions {
  /**
   * Which of the trees in the file is meant, by its name or path (`Events`, `folder/tree`); several of equal length with plus signs between them are
   * read as one (`A+B`). Where absent: the only tree, else `Events`. A format whose files hold one table refuses it.
   */
  readonly tree?: string | undefined;
  /**
   * How many entries the units should have at least: what the file stores together is put together until it has as many. Where absent, a
   * unit is what the file stores together; `usualPartitionEvents` where it stores entries in no such parts.
   */
  readonly partitionEvents?: number | undefined;
}

/** What a file's metadata say, reduced to what planning and reading need. Plain data: JSON but for its typed arrays. */
export interface FileDescription {
  readonly shape: FileShape;
  /** Ranges of what the file stores together, in the order of its entries, without gaps: each that has entries is a partition. */
  readonly units: readonly { readonly entries: number; readonly firstEntry: number }[];
  /** By `FileColumn.index`: 1 where values (not: lists) may be missing. */
  readonly nullable: Uint8Array;
  /** Likewise, of a column in lists: bit n says that lists of level n, outermost 0, may be null, and not only empty. Absent where none may. */
  readonly nullLists?: Uint8Array;
  /** Likewise, 1 where values may be integers from ±2^53 on. Absent where none may. */
  readonly rounded?: Uint8Array;
  /**
   * For column c of unit u, at [u * nullable.length + c]: how many values there are, at most. List columns whose numbers (and `likeness`) agree everywhere
   * are taken for lists of equal lengths until they are read.
   */
  readonly values: Float64Array;
  /**
   * For each column: list columns of one group by name whose first lists were looked at have equal numbers where these are equally long.
   * Absent where nobody looked.
   */
  readonly likeness?: Float64Array;
  /** `places`, and `values` that are bounds, are left out: `locate` needs them. */
  readonly isShort?: true;
  /** Numbers that `locate` needs, by names of the format's own. */
  readonly places: Readonly<Record<string, Float64Array | Uint8Array>>;
}

/** A file's columns; files of one dataset mostly share it. */
export interface FileShape {
  /** Name of the format. */
  readonly format: string;
  /** By full name. */
  readonly columns: ReadonlyMap<string, FileColumn>;
  readonly unsupported: readonly { readonly name: string; readonly reason: string }[];
  /** The tree that it has, where nobody said which: files of a dataset may have others. */
  readonly tree?: string;
  /** The numbers of values are upper bounds: that they differ tells nothing of which lists are equally long. */
  readonly hasBounds?: boolean;
  /** SHA-256 of all of it: equal for files of equal shape. */
  readonly digest: string;
}

export interface FileColumn {
  /** Position among the file's columns, in the description's arrays. */
  readonly index: number;
  /** Names from the file's root, without those that only make a list; joined by points they are the full name. */
  readonly parts: readonly string[];
  /** For each list that its values stand in, outermost first: how many of `parts` name it. `[]` is one value per entry. */
  readonly lists: readonly number[];
  /**
   * What in the file says how long its outermost lists are, where the format knows it (in ROOT the counter's branch, or a fixed length): columns of one counter
   * have lists of equal lengths, columns of two perhaps. Any name, equal for equal ones.
   */
  readonly counter?: string;
  readonly dtype: DType;
  /** Not its values are meant, but whether each of its lists of this level is there: booleans in the lists around that one, which `lists` names alone. */
  readonly presence?: number;
  /** It has no type of its own and no values: what writers make of a column that nothing is in. */
  readonly isEmpty?: boolean;
  /** What the format needs to decode it; JSON. */
  readonly stored: unknown;
}

/** A column as it is written. Bytes are booleans. */
export interface FlatColumn {
  readonly name: string;
  readonly values: Float32Array | Float64Array | Int32Array | BigInt64Array | BigUint64Array | Uint8Array;
  /** 1 for each value that is there; not for lists. */
  readonly valid?: Uint8Array;
  /** Values are places in these. */
  readonly strings?: readonly string[];
  /** For a list: entry i is values [offsets[i], offsets[i + 1]). Columns that share the array share its encoding. */
  readonly offsets?: Uint32Array;
  /** Compression pays for few distinct values, and costs for random bits. */
  readonly compress?: boolean;
}

/** Lists stand in lists so deep at most, as `nullLists` has a bit for each. */
export const mostListLevels = 8;
export const tooDeep = `stands in more than ${mostListLevels} lists, one in the other`;

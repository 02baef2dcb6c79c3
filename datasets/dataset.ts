/** A dataset as the catalogue describes it. Plain data: it can be sent, stored and compared. */
import type { Column, Schema } from "../engine/program/schema.ts";
import type { KnownBounds } from "../engine/skip/bounds.ts";
import type { ColumnForm } from "./column-form.ts";
import { showPath } from "./sources/shown-path.ts";

/** A file's state when the catalogue looked at it. It must not change while the file is read. */
export interface FileIdentity {
  /** An absolute path on this machine, or a URL. It determines the source. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** Changes with the content: the modification time in milliseconds, or an ETag. */
  readonly version: string;
}

/** The last part of a path, a URL or a pattern, for messages: these never show folders. */
export function baseName(path: string): string {
  const shown = showPath(path);
  return shown.slice(shown.lastIndexOf("/") + 1);
}

/** A path that leads to a file which is listed under another one. */
export interface OtherName {
  readonly path: string;
  readonly kept: string;
}

/** A contiguous range of entries of one file. */
export interface Partition {
  /** Position in the dataset, from 0. */
  readonly index: number;
  readonly file: FileIdentity;
  /** Position in `FileDescription.units`. */
  readonly unit: number;
  readonly entries: number;
  /** The position of the partition's first entry in its file. */
  readonly firstEntry: number;
  /** SHA-256 in hexadecimal of file identity, tree and entry range. A stored partial is valid for partitions of equal fingerprint. */
  readonly fingerprint: string;
}

/** A file that cannot be read now. It has one partition, which is queued like others, fails, and is named in the result. */
export interface BrokenFile {
  readonly file: FileIdentity;
  readonly cause: string;
}

export interface Dataset {
  readonly name: string;
  readonly schema: Schema;
  readonly partitions: readonly Partition[];
  readonly broken: readonly BrokenFile[];
  /** The sum over partitions. */
  readonly entries: number;
  /** The bytes of its files. */
  readonly bytes: number;
  /** Present while the dataset's files are still being generated: the entries so far, and those that there will be. */
  readonly preparing?: { readonly entries: number; readonly total: number };
  /** Links to files that are counted under another path; absent if there are none. */
  readonly leftOut?: readonly OtherName[];
  /** Notices for users: which columns some files lack or have in another type, or that the name means other files than those this process was started with. */
  readonly notices?: readonly string[];
}

export interface LookOptions {
  /** Look at the files again, even if somebody did so a moment ago. */
  readonly anew?: boolean;
}

export interface Catalogue {
  /** The names of all known datasets; those this process was started with come first. */
  names(): readonly string[];
  /** Learns what other processes registered. Never rejects: if the store cannot be read, the known datasets stay. */
  refresh(): Promise<void>;
  /** Forgets a dataset, unless a running process was started with it. Its files and stored results stay. */
  forget(name: string): Promise<"forgotten" | "unknown" | "in-use">;
  /**
   * Describes the dataset as its files are now: looks at names, sizes and modification times, and reads only the metadata of new or changed files. With
   * more than five files, an earlier look may be used again for a moment (0.2 ms per file, at most 5 s), unless `anew` is set.
   * Waits for the first partition of a dataset that is being generated. Undefined for an unknown name; throws `DatasetError` if no file can be read.
   */
  get(name: string, options?: LookOptions): Promise<Dataset | undefined>;
  /**
   * Tells where one column of a partition lies, from metadata that was read before. The column has the form `form` or, without it, the dataset's
   * present one. Throws `DatasetError` if the file no longer has the column, or not in this form.
   */
  locate(dataset: string, partition: Partition, column: string, form?: ColumnForm): Promise<ColumnLocation>;
  /**
   * What the file's own statistics tell about the values of these columns in a partition; the values are not read. Throws like `locate` if the file is
   * not known.
   */
  bounds(dataset: string, partition: Partition, columns: readonly string[]): Promise<KnownBounds>;
}

/** All that a thread needs to read one column of one partition, as plain data that can be posted to it. */
export interface ColumnLocation {
  readonly file: FileIdentity;
  /** The name of the file's format. */
  readonly format: string;
  readonly column: Column;
  /** The entries [firstEntry, firstEntry + entries) of the file. */
  readonly firstEntry: number;
  readonly entries: number;
  /** For each of `column.lists`: the most elements that all lists of that level have together. */
  readonly elements: readonly number[];
  /** The most values: the last of `elements`, or `entries`. */
  readonly values: number;
  /** The place in the file, in the form that the format's reader understands. */
  readonly place: unknown;
  /**
   * Present if the file lacks the column, so that all its values are missing. Its lists are as long as those of the column at `like`. `isTrue`: the column
   * tells whether lists are present, and no list of this file is null.
   */
  readonly absent?: { readonly like?: ColumnLocation; readonly isTrue?: true };
}

/** The arrays for values of all types of columns except int64 and uint64. */
export type NumberArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

/** The arrays into which a column is read; they may be views of memory that threads share. Elements beyond the column's values are not written. */
export interface ColumnTarget {
  /** At least `ColumnLocation.values` numbers. */
  readonly values: NumberArray | BigInt64Array | BigUint64Array;
  /** For a nullable column: as long as `values`; 1 where there is a value, 0 where it is missing (the value is then 0). */
  readonly valid?: Uint8Array;
  /** For a string column: space for its dictionary (`engine/program/dictionary.ts`), at least `largestDictionary(ColumnLocation.values)` bytes. */
  readonly strings?: Uint8Array;
  /**
   * One array for each of `Column.lists`, outermost first, at least `offsetCounts` long: list i of a level has the elements
   * [offsets[i], offsets[i + 1]) of the next level, or of the values.
   */
  readonly offsets: readonly Uint32Array[];
  /** The offsets of another column of the same lists. A reader that finds out early that its own are the same may leave `offsets` unwritten (`isAlike`). */
  readonly alike?: readonly Uint32Array[];
}

/** The most offsets that each level of lists needs: one more than there are entries or, for inner levels, elements of the level around it. */
export const offsetCounts = ({ entries, elements }: Pick<ColumnLocation, "entries" | "elements">): number[] =>
  elements.map((_, level) => (level === 0 ? entries : elements[level - 1]) + 1);

/** The counts of what was read. */
export interface ReadCounts {
  readonly values: number;
  /** How many of `values` are missing. */
  readonly missing: number;
  /** For a string column: the bytes of its dictionary. */
  readonly stringBytes?: number;
  /** The column's offsets equal `alike` of the target, so `offsets` were not written. */
  readonly isAlike?: true;
}

/** What reading cost: bytes from the source, milliseconds of waiting for them, and milliseconds of decompressing and decoding. */
export interface ReadCost {
  readonly bytes: number;
  readonly reading: number;
  readonly decoding: number;
  /** The decoded column came from the cache on the disk; its file was not read. */
  readonly fromDisk?: true;
}

/** A dataset or file cannot be used in its present state. `permanent`: reading it again cannot help. */
export class DatasetError extends Error {
  override readonly name = "DatasetError";
  readonly permanent: boolean;

  constructor(message: string, options: { readonly cause?: unknown; readonly permanent: boolean }) {
    super(message, { cause: options.cause });
    this.permanent = options.permanent;
  }
}

/** The file does not have a column in the form in which a program reads it. A program that is planned anew, with the dataset's present form, may read it. */
export class OtherFormError extends DatasetError {}

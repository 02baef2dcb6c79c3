/** A dataset as the catalogue describes it. Plain data: it can be sent, stored and compared. */
import type { Column, Schema } from "../engine/program/schema.ts";
import type { KnownBounds } from "../engine/skip/bounds.ts";
import type { ColumnForm } from "./column-form.ts";
import { showPath } from "./sources/shown-path.ts";

/** A file as its source saw it when the catalogue looked: what must not change while it is read. */
export interface FileIdentity {
  /** An absolute path of this machine, or a URL: it tells the source. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** What changes with the content, as the source tells it: milliseconds of the modification time, or an ETag. */
  readonly version: string;
}

/** The last part of a path, a URL or a pattern. Messages show names of files, never their folders. */
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
  /** First entry of the partition in its file. */
  readonly firstEntry: number;
  /** SHA-256, hex, of file identity, tree and entry range: what makes a stored partial valid. */
  readonly fingerprint: string;
}

/** A file that cannot be read now: its partition is queued all the same, fails and is named in the result. */
export interface BrokenFile {
  readonly file: FileIdentity;
  readonly cause: string;
}

export interface Dataset {
  readonly name: string;
  readonly schema: Schema;
  readonly partitions: readonly Partition[];
  readonly broken: readonly BrokenFile[];
  /** Sum over partitions. */
  readonly entries: number;
  /** Bytes of its files. */
  readonly bytes: number;
  /** Present while the dataset is still being made: how many entries exist and how many there will be. */
  readonly preparing?: { readonly entries: number; readonly total: number };
  /** Paths that lead to files which are counted under another one, by links; absent where there are none. */
  readonly leftOut?: readonly OtherName[];
  /** What its users should know: columns that some files lack or have in another type; that the name stands for other files than this process was started with. */
  readonly notices?: readonly string[];
}

export interface LookOptions {
  /** What others saw a moment ago does not do. */
  readonly anew?: boolean;
}

export interface Catalogue {
  /** Names of the datasets known now: first those this process was started with. */
  names(): readonly string[];
  /** Learns what other processes registered. Never rejects: where they cannot be asked, what is known stays. */
  refresh(): Promise<void>;
  /** Forgets a dataset that no running process was started with: its files and what was computed stay. */
  forget(name: string): Promise<"forgotten" | "unknown" | "in-use">;
  /**
   * The dataset as its files are now: looks at names, sizes and modification times, and reads the metadata of new or changed files only. Of more
   * than five files, perhaps as they were a moment ago (0.2 ms for each of them, at most 5 s), unless they are to be looked at `anew`.
   * Waits for the first partition of one that is being made. Undefined for a name it does not know; throws `DatasetError` where no file can be read.
   */
  get(name: string, options?: LookOptions): Promise<Dataset | undefined>;
  /**
   * Where one column of a partition lies, from metadata read before, in the form that the dataset gives it now, or in `form`.
   * Throws `DatasetError` where the file no longer has it, or not in this form.
   */
  locate(dataset: string, partition: Partition, column: string, form?: ColumnForm): Promise<ColumnLocation>;
  /**
   * What is known of the values of these columns in a partition without reading them: what the file's own statistics tell. Throws as
   * `locate`, where nothing is known of the file.
   */
  bounds(dataset: string, partition: Partition, columns: readonly string[]): Promise<KnownBounds>;
}

/** All that a thread needs to read one column of one partition; plain data that can be posted to it. */
export interface ColumnLocation {
  readonly file: FileIdentity;
  /** Name of the file's format. */
  readonly format: string;
  readonly column: Column;
  /** The entries [firstEntry, firstEntry + entries) of the file. */
  readonly firstEntry: number;
  readonly entries: number;
  /** For each of `column.lists`: how many elements all lists of that level have together, at most. */
  readonly elements: readonly number[];
  /** How many values there are, at most: the last of `elements`, or `entries`. */
  readonly values: number;
  /** The place in the file, for the reader of this format. */
  readonly place: unknown;
  /**
   * The file lacks the column: all its values are missing. Its lists are as long as those of the column `like`, whose place this is. `isTrue`: it says whether lists
   * are there, and no list of this file is null.
   */
  readonly absent?: { readonly like?: ColumnLocation; readonly isTrue?: true };
}

/** What holds the values of every type of column but int64 and uint64. */
export type NumberArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

/** Where the values of a column go: views, perhaps on memory that threads share. What lies behind the values that there are is left alone. */
export interface ColumnTarget {
  /** `ColumnLocation.values` numbers, or more. */
  readonly values: NumberArray | BigInt64Array | BigUint64Array;
  /** For a nullable column: as long as `values`; 1 where there is a value, 0 where it is missing (the value is then 0). */
  readonly valid?: Uint8Array;
  /** For a string column: where the dictionary (`engine/program/dictionary.ts`) goes, at least `largestDictionary(ColumnLocation.values)` bytes. */
  readonly strings?: Uint8Array;
  /**
   * One array for each of `Column.lists`, outermost first, at least `offsetCounts` long: list i of a level has the elements
   * [offsets[i], offsets[i + 1]) of the next level, or of the values.
   */
  readonly offsets: readonly Uint32Array[];
  /** Offsets of a column that was read before, of the same lists: where its own are the same, a reader that sees it soon leaves `offsets` alone and says so. */
  readonly alike?: readonly Uint32Array[];
}

/** How many offsets each level of lists needs, at most: one more than there are entries, then than the level around it has elements. */
export const offsetCounts = ({ entries, elements }: Pick<ColumnLocation, "entries" | "elements">): number[] =>
  elements.map((_, level) => (level === 0 ? entries : elements[level - 1]) + 1);

/** What was read of a column. */
export interface ReadCounts {
  readonly values: number;
  /** Of these, how many are missing. */
  readonly missing: number;
  /** For a string column: bytes of its dictionary. */
  readonly stringBytes?: number;
  /** Its offsets are those of the target's `alike`, and were not written. */
  readonly isAlike?: true;
}

/** What reading took: bytes from the source, milliseconds of waiting for them, and of decompressing and decoding. */
export interface ReadCost {
  readonly bytes: number;
  readonly reading: number;
  readonly decoding: number;
  /** It was kept on the disk, decoded; nothing was read of its file. */
  readonly fromDisk?: true;
}

/** A dataset or file that cannot be used as it is. `permanent`: reading again cannot help. */
export class DatasetError extends Error {
  override readonly name = "DatasetError";
  readonly permanent: boolean;

  constructor(message: string, options: { readonly cause?: unknown; readonly permanent: boolean }) {
    super(message, { cause: options.cause });
    this.permanent = options.permanent;
  }
}

/** The file does not have a column in the form in which a program reads it: one that was planned since a file joined the dataset may. */
export class OtherFormError extends DatasetError {}

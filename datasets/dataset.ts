/** A dataset as the catalogue describes it. Plain data: it can be sent, stored and compared. */
import type { Column, Schema } from "../engine/program/schema.ts";
import type { ColumnForm } from "./cache/column-form.ts";

/** A file as it was when the catalogue looked: what must not change while it is read. */
export interface FileIdentity {
  readonly path: string;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modified: number;
}

/** A contiguous range of entries, stored together in its file (a Parquet row group). */
export interface Partition {
  /** Position in the dataset, from 0. */
  readonly index: number;
  readonly file: FileIdentity;
  /** Number of the row group in its file. */
  readonly rowGroup: number;
  readonly entries: number;
  /** First entry of the partition in its file. */
  readonly firstEntry: number;
  /** SHA-256, hex, of file identity (path, size, modification time), row group and entry range: what makes a stored partial valid. */
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
  /** What its operators should know: the name stands for other files than this process was started with. */
  readonly notice?: string;
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
}

/** All that a thread needs to read one column of one partition; plain data that can be posted to it. */
export interface ColumnLocation {
  readonly file: FileIdentity;
  readonly column: Column;
  readonly entries: number;
  /** Upper bound of the number of values (level entries of the column chunk): what to reserve. */
  readonly values: number;
  /** Format and position, for the reader of this format. */
  readonly chunk: unknown;
}

/** Where decoded values go: views on memory that all threads share, large enough for `ColumnLocation.values` (of values, of validity, and one more of inner offsets) and `entries + 1`. */
export interface ColumnTarget {
  readonly values: Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;
  /** Present for a nullable column. */
  readonly valid?: Uint8Array;
  /** One for each of `Column.lists`, outermost first: `entries + 1` of them, then one more than the list around it has elements. */
  readonly offsets: readonly Uint32Array[];
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

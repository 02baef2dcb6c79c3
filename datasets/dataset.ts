/** A dataset as the catalogue describes it. Plain data: it can be sent, stored and compared. */
import type { Schema } from "../engine/schema.ts";

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
}

export interface Catalogue {
  /** Names of all datasets, in the order they were registered. */
  names(): readonly string[];
  /**
   * The dataset as its files are now: looks at names, sizes and modification times each time, and reads the metadata of new or changed files only.
   * Waits for the first partition of one that is being made. Undefined for a name it does not know; throws `DatasetError` where no file can be read.
   */
  get(name: string): Promise<Dataset | undefined>;
}

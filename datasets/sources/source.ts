/**
 * The interface of places where files are. A source is a folder of its own and one row in `sources.ts`. Caching, counting and faults are decorators
 * on a `ByteReader`.
 */
import type { FileIdentity, OtherName } from "../dataset.ts";

export interface Source {
  /**
   * The files that a pattern names, in the order of their paths, each once even if several names lead to it. Empty if nothing matches. Patterns come
   * from operators, never from queries.
   */
  list(pattern: string, options: ListOptions): Promise<Listing>;
  /**
   * Opens the file, calls `use` and returns its result. Throws a `DatasetError` that is not permanent if the file cannot be opened, or if before or after
   * `use` it is not the identified file any more; this error then replaces any error of `use`. The file is closed in every case.
   */
  open<Result>(file: FileIdentity, use: (reader: ByteReader) => Promise<Result>, options?: OpenOptions): Promise<Result>;
}

export interface SignalOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface OpenOptions extends SignalOptions {
  /** True if the thread may be blocked until bytes arrive, which costs less than asynchronous reads: it only reads, or the file is near. */
  readonly mayBlock?: boolean | undefined;
}

export interface ListOptions extends SignalOptions {
  /** The endings of the names of files that count when a pattern names a folder. */
  readonly endings: readonly string[];
}

export interface Listing {
  readonly files: readonly FoundFile[];
  /** Further names that lead to one of the files. */
  readonly leftOut: readonly OtherName[];
}

/** A file. `cause` is present if it cannot be looked at, and tells why; its size is then 0. */
export interface FoundFile {
  readonly file: FileIdentity;
  readonly cause?: string;
  /** True if it is on a local disk: mostly, reading it takes microseconds, less than an asynchronous read costs. */
  readonly isNear?: true;
}

/** The bytes [start, end) of a file. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** The bytes of a file. */
export interface ByteReader {
  readonly byteLength: number;
  /**
   * The bytes [start, end) in a buffer of their own. Rejects with `DatasetError` if the source does not have them all, and with the signal's reason
   * when it aborts.
   */
  slice(start: number, end?: number, options?: SignalOptions): Promise<ArrayBuffer>;
  /**
   * Fills the target with the bytes from `start` on. Present if the source can read into given memory, which costs less than new memory
   * (`lend-bytes.ts`). Rejects as `slice` does; after that the target is no longer written to.
   */
  readInto?(target: Uint8Array, start: number, options?: SignalOptions): Promise<void>;
  /** As `readInto`, but blocks the thread until it is done. Present if the thread may be blocked. */
  readNow?(target: Uint8Array, start: number): void;
  /** The open file behind several readers, as a key for caches; if absent, the reader itself is the key. */
  readonly opened?: object;
  /** Present if each read costs time, so that it pays to announce reads (`read-ahead.ts`). */
  readonly joined?: JoinedReads;
}

/** How a source reads ranges that lie apart. */
export interface JoinedReads {
  /** Up to this many bytes between two ranges, one read costs less than two. */
  readonly gap: number;
  /** The most bytes of one read. */
  readonly most: number;
  /** The most reads that run at a time. */
  readonly atATime: number;
  /** The most stretches, further apart than `gap`, of one read; 1 if absent. */
  readonly mostStretches?: number;
  /**
   * Reads ascending ranges, each into a buffer of its own. Bytes between ranges that are at most `gap` apart are read and dropped (`stretchesOf` in
   * `coalesce.ts`).
   */
  read(ranges: readonly ByteRange[], options?: SignalOptions): Promise<readonly ArrayBuffer[]>;
}

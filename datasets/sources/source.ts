/**
 * The seam for places where files are. A source is a folder of its own and one row in `sources.ts`. Caching, counting and faults are decorators
 * on a `ByteReader`.
 */
import type { FileIdentity, OtherName } from "../dataset.ts";

export interface Source {
  /**
   * The files that a pattern names, in the order of their paths, each once however many names lead to it; empty where nothing matches. Patterns come
   * from operators, never from queries.
   */
  list(pattern: string, options: ListOptions): Promise<Listing>;
  /**
   * Gives the file to `use`, and what that gives. Throws a `DatasetError` that is not permanent where the file cannot be opened, or is not the one that
   * was identified, before or after, whatever `use` made of the changing bytes. Whatever happens, the file is closed.
   */
  open<Result>(file: FileIdentity, use: (reader: ByteReader) => Promise<Result>, options?: OpenOptions): Promise<Result>;
}

export interface SignalOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface OpenOptions extends SignalOptions {
  /** The thread has nothing else to do than to read: it may be held until bytes are there, where that costs less than to be told of them. */
  readonly mayBlock?: boolean | undefined;
}

export interface ListOptions extends SignalOptions {
  /** How the names of files end that a folder stands for. */
  readonly endings: readonly string[];
}

export interface Listing {
  readonly files: readonly FoundFile[];
  /** More names that lead to one of the files. */
  readonly leftOut: readonly OtherName[];
}

/** A file, and why it cannot be looked at where that is so (its size is then 0). */
export interface FoundFile {
  readonly file: FileIdentity;
  readonly cause?: string;
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
   * Bytes [start, end) in a buffer of their own. Rejects with `DatasetError` where the source does not have them all, and with the signal's
   * reason when it aborts.
   */
  slice(start: number, end?: number, options?: SignalOptions): Promise<ArrayBuffer>;
  /**
   * Present where the source needs no buffer of its own: the bytes from `start` on that the target has room for. Rejects as `slice` does; the target is
   * then left alone. New memory costs more than reading into what is there (`lend-bytes.ts`).
   */
  readInto?(target: Uint8Array, start: number, options?: SignalOptions): Promise<void>;
  /** Present where the thread may be held: as `readInto`, and done when it returns. */
  readNow?(target: Uint8Array, start: number): void;
  /** The file that is open, of which this is one reader: by it, what is found out may be kept. Absent: the reader itself. */
  readonly opened?: object;
  /** Present where each read costs time, so that it pays to tell what will be wanted (`read-ahead.ts`). */
  readonly joined?: JoinedReads;
}

/** How a source reads what lies apart. */
export interface JoinedReads {
  /** Ranges with at most so many bytes between them cost less in one read. */
  readonly gap: number;
  /** Bytes of one read, at most. */
  readonly most: number;
  /** Reads that go on at a time. */
  readonly atATime: number;
  /** How many stretches, further apart than the gap, one read may have; one where absent. */
  readonly mostStretches?: number;
  /**
   * Ranges that follow each other: each of them in a buffer of its own. What lies between them is read and dropped, where it is not more than the gap
   * (`stretchesOf` in `coalesce.ts`).
   */
  read(ranges: readonly ByteRange[], options?: SignalOptions): Promise<readonly ArrayBuffer[]>;
}

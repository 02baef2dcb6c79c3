/** The seam between those who want programs run over partitions (the pull loop, `POST /compute`) and what runs them. */

/** Every program over every partition. Names and numbers, never paths. */
export interface ComputeRequest {
  /** Program keys, each once. */
  readonly programs: readonly string[];
  readonly dataset: string;
  readonly partitions: readonly PartitionName[];
}

export interface PartitionName {
  /** Index of the partition in its dataset when the query was submitted; the fingerprint decides. */
  readonly partition: number;
  readonly fingerprint: string;
}

/** The client that is charged for the time that something is computed, and how urgent it is: 0 to 999, lower first. */
export interface Payer {
  readonly client: string;
  readonly priority: number;
}

export interface ComputeOptions {
  /** The signal of one program over one partition. What it aborts is given up within 200 ms; its outcome is `undone`. */
  readonly signalOf: (programKey: string, fingerprint: string) => AbortSignal;
  /** Who is charged for the threads' time of one program over one partition. */
  readonly payerOf?: (programKey: string, fingerprint: string) => Payer;
  /** Where the partials of the request may have more bytes than this together, no more of it is begun; the first one always is. */
  readonly mostBytes?: number;
  /** The columns of these programs over the partition are in memory, and computing begins. A program that is run again is told again. */
  readonly onRunning?: (programKeys: readonly string[], fingerprint: string) => void;
}

/** What became of one program over one partition. */
export type Outcome =
  /** The encoded partial: the same bytes whatever else was asked for with it. `timing` is absent where the host does not measure. */
  | { readonly kind: "partial"; readonly partial: Uint8Array<ArrayBuffer>; readonly timing?: ComputeTiming }
  /** `permanent`: trying again cannot help. */
  | { readonly kind: "failed"; readonly cause: string; readonly permanent: boolean }
  /** Not computed, and nothing is known against it: it was aborted, or the partials before it were too large together. Ask again. */
  | { readonly kind: "undone"; readonly cause: string };

export interface Executor {
  /**
   * One outcome for each pair: partition after partition, in each of them program after program.
   * Rejects only where nothing can be computed now whatever is asked for: the store is away, the host cannot be reached.
   */
  run(request: ComputeRequest, options: ComputeOptions): Promise<readonly Outcome[]>;
  /** Resolves when requests can be taken; absent where they always can. Rejects when the signal aborts before. */
  ready?(signal: AbortSignal): Promise<void>;
}

/** Where the time of one outcome went, in milliseconds. It is told beside the partial, so that the partial's bytes do not depend on it. */
export interface ComputeTiming {
  /** Getting the program from the store and compiling its module; 0 where this process had it. */
  readonly compiling: number;
  /** Waiting for the columns: for memory, for threads, and for what they read and decode. */
  readonly loading: number;
  /** Of loading: time that threads spent reading bytes; they may be several at a time. Told once, with the first of the programs that were run together. */
  readonly reading: number;
  /** Of loading: time that threads spent decompressing and decoding; told as `reading` is. */
  readonly decoding: number;
  /** Waiting for a thread, with all columns there; the programs that were run before on the same columns included. */
  readonly thread: number;
  readonly computing: number;
  /** Bytes read from files; told as `reading` is. */
  readonly bytes: number;
  /** No event of the partition can pass one of the filters, so what follows that was not read. */
  readonly skipped?: true;
}

/** The most programs, and the most pairs of program and partition, in one request. A thread keeps as many programs: all of a request run in one job. */
export const mostPrograms = 64;
export const mostPairs = 256;

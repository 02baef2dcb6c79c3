/** The interface between callers that want programs run over partitions (the pull loop, `POST /compute`) and the code that runs them. */

/** Asks to run every program over every partition. It has names and numbers, never paths. */
export interface ComputeRequest {
  /** Program keys without repetition. */
  readonly programs: readonly string[];
  readonly dataset: string;
  readonly partitions: readonly PartitionName[];
}

export interface PartitionName {
  /** The index of the partition when the query was submitted. If it differs now, the fingerprint decides. */
  readonly partition: number;
  readonly fingerprint: string;
}

/** The client that is charged for the time of computing, and the priority: 0 to 999, lower first. */
export interface Payer {
  readonly client: string;
  readonly priority: number;
}

export interface ComputeOptions {
  /** Returns the signal that aborts one program over one partition. It stops within 200 ms; the outcome is `undone`. */
  readonly signalOf: (programKey: string, fingerprint: string) => AbortSignal;
  /** Returns who is charged for the threads' time of one program over one partition. */
  readonly payerOf?: (programKey: string, fingerprint: string) => Payer;
  /** Nothing more is begun if the partials of the request might together exceed these bytes; the first one is always begun. */
  readonly mostBytes?: number;
  /** Called when the columns of these programs over the partition are in memory and computing begins; again for a program that is run again. */
  readonly onRunning?: (programKeys: readonly string[], fingerprint: string) => void;
}

/** The outcome of one program over one partition. */
export type Outcome =
  /** The encoded partial; its bytes do not depend on the rest of the request. `timing` is absent if the host does not measure. */
  | { readonly kind: "partial"; readonly partial: Uint8Array<ArrayBuffer>; readonly timing?: ComputeTiming }
  /** The computation failed. `permanent`: trying again cannot help. */
  | { readonly kind: "failed"; readonly cause: string; readonly permanent: boolean }
  /** Not computed, without a failure: it was aborted, or the partials before it were too large together. It can be requested again. */
  | { readonly kind: "undone"; readonly cause: string };

export interface Executor {
  /**
   * Returns one outcome for each pair: partition by partition, and within each of them program by program.
   * Rejects only if nothing at all can be computed now, because the store or the host cannot be reached.
   */
  run(request: ComputeRequest, options: ComputeOptions): Promise<readonly Outcome[]>;
  /** Resolves when requests are accepted; absent if they always are. Rejects if the signal aborts before. */
  ready?(signal: AbortSignal): Promise<void>;
}

/** How one outcome spent its time, in milliseconds. It is no part of the partial, whose bytes must not depend on it. */
export interface ComputeTiming {
  /** Getting the program from the store and compiling its module; 0 if this process had the module. */
  readonly compiling: number;
  /** Waiting for the columns: for memory, for threads, and for reading and decoding. */
  readonly loading: number;
  /** The part of `loading` that threads spent reading bytes; several at once all count. Programs that run together share it: only the first one has it. */
  readonly reading: number;
  /** The part of `loading` that threads spent decompressing and decoding; only the first of several programs has it, like `reading`. */
  readonly decoding: number;
  /** Waiting for a thread with all columns in memory. This includes the time of programs that ran before on the same columns. */
  readonly thread: number;
  readonly computing: number;
  /** The bytes read from files; only the first of several programs has them, like `reading`. */
  readonly bytes: number;
  /** No event of the partition can pass one of the filters, so columns that are only used after this filter were not read. */
  readonly skipped?: true;
}

/** The most programs, and the most pairs of program and partition, in one request. A thread keeps as many programs, since those of a request run in one job. */
export const mostPrograms = 64;
export const mostPairs = 256;

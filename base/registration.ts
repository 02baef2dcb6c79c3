/** What a dataset's name means to all processes that share a store. Plain data, for the catalogue that makes it and the store that keeps it. */

export interface Registration {
  readonly name: string;
  /** The files, as an operator named them: an absolute path, folder or glob pattern. */
  readonly pattern: string;
  /** Milliseconds since the epoch. */
  readonly registered: number;
  /** The process that registered it, for people. */
  readonly by: string;
  /** False where nobody who was started with this pattern runs any more. */
  readonly held: boolean;
  /** 1 at first, one more with each write. */
  readonly revision: number;
  /** What its files had when somebody last looked. */
  readonly content?: DatasetContent;
}

export interface DatasetContent {
  readonly files: number;
  readonly partitions: number;
  readonly entries: number;
  /** Of its files. */
  readonly bytes: number;
  readonly columns: number;
  /** SHA-256, hex, of the partitions' fingerprints in order. */
  readonly fingerprint: string;
}

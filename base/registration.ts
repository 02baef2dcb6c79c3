/** A dataset's name and the files it stands for, the same in all processes that share a store. The catalogue makes it, the store keeps it; it is plain data. */

export interface Registration {
  readonly name: string;
  /** The files, as an operator named them: an absolute path, folder or glob pattern. */
  readonly pattern: string;
  /** Milliseconds since the epoch. */
  readonly registered: number;
  /** The process that registered it, for people. */
  readonly by: string;
  /** False when no process that was started with this pattern runs any more. */
  readonly held: boolean;
  /** It is 1 at first and grows by one with each write. */
  readonly revision: number;
  /** The content of its files when a process last looked at them; absent before the first look. */
  readonly content?: DatasetContent;
}

export interface DatasetContent {
  readonly files: number;
  readonly partitions: number;
  readonly entries: number;
  /** The size of all its files together. */
  readonly bytes: number;
  readonly columns: number;
  /** SHA-256, hex, of the partitions' fingerprints in order. */
  readonly fingerprint: string;
}

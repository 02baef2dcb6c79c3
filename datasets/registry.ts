/** What datasets' names mean to all processes that share a store, and what they read of files: the parts of the store that this needs. */

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

export interface Registry {
  listDatasets(): Promise<readonly Registration[]>;
  /** Writes it if the stored one has the revision before this one (for 1: if there is none); gives whether it did. */
  putDataset(registration: Registration): Promise<boolean>;
  removeDataset(name: string, revision: number): Promise<boolean>;
}

export interface MetadataStore {
  putMetadata(key: string, body: Uint8Array): Promise<void>;
  /** Those of the keys that are there. */
  getMetadata(keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>>>;
}

export interface CatalogueLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

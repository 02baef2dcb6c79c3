/** What datasets' names mean to all processes that share a store, and what they read of files: the parts of the store that this needs. */
import type { Registration } from "../../engine/registration.ts";

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

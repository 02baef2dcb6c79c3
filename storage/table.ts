/**
 * Bodies by key: what both forms of the store are built on. The embedded one has `embedded/bounded-table.ts`, the one on MongoDB
 * `mongodb/body-table.ts`; everything above them is the same for both (`create-store.ts`).
 *
 * Promises: a list of keys may have any length, and a bounded number of them is worked on at a time. Only `get` reads bodies. `get` and `find` renew
 * the last use of what they find.
 */
import type { Inserted, StoredBody } from "./store.ts";
import type { StoreError } from "./store-error.ts";

export interface Entry {
  readonly key: string;
  readonly body: Uint8Array;
  /** JSON kept beside the body, and no part of it. */
  readonly note?: unknown;
}

/** An entry without its body. */
export interface Description {
  /** Bytes of the body. */
  readonly size: number;
  readonly note?: unknown;
}

export interface Table {
  /** The first body under each key stays. Says of each, in their order, what became of it; a body that can never be kept gets a `StoreError`. */
  insert(entries: readonly Entry[]): Promise<readonly (Inserted | StoreError)[]>;
  /** The last body under a key stays. Rejects for one that can never be kept. */
  replace(entry: Entry): Promise<void>;
  /** The bodies of those keys that are there. */
  get(keys: readonly string[]): Promise<ReadonlyMap<string, StoredBody>>;
  /** Which of the keys are there. */
  find(keys: readonly string[]): Promise<ReadonlySet<string>>;
  /** Sizes and notes of those keys that are there; renews nothing. */
  describe(keys: readonly string[]): Promise<ReadonlyMap<string, Description>>;
  /** Renews the last use of those keys that are there. */
  renew(keys: readonly string[]): Promise<void>;
  /** Removes the keys, and gives how many of them were there. */
  drop(keys: readonly string[]): Promise<number>;
}

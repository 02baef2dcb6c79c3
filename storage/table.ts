/**
 * A table of bodies by key, on which both stores are built: `embedded/bounded-table.ts` for the embedded one, `mongodb/body-table.ts` for MongoDB.
 * The code that uses the tables is the same for both (`create-store.ts`).
 *
 * Guarantees: a list of keys may have any length; it is worked on in groups of bounded size. Only `get` reads bodies. `get` and `find` renew
 * the last use of what they find.
 */
import type { Inserted, StoredBody } from "./store.ts";
import type { StoreError } from "./store-error.ts";

export interface Entry {
  readonly key: string;
  readonly body: Uint8Array;
  /** JSON that is kept beside the body, without being part of it. */
  readonly note?: unknown;
}

/** An entry without its body. */
export interface Description {
  /** Bytes of the body. */
  readonly size: number;
  readonly note?: unknown;
}

export interface Table {
  /** Inserts bodies; the first one under a key stays. Returns outcomes in the same order; a `StoreError` for a body that can never be kept. */
  insert(entries: readonly Entry[]): Promise<readonly (Inserted | StoreError)[]>;
  /** Writes a body in place of the one under its key, if any. Rejects for a body that can never be kept. */
  replace(entry: Entry): Promise<void>;
  /** Returns the stored bodies of these keys. */
  get(keys: readonly string[]): Promise<ReadonlyMap<string, StoredBody>>;
  /** Returns the keys that are stored. */
  find(keys: readonly string[]): Promise<ReadonlySet<string>>;
  /** Returns the sizes and notes of those keys that are stored, without renewing their last use. */
  describe(keys: readonly string[]): Promise<ReadonlyMap<string, Description>>;
  /** Renews the last use of those keys that are stored. */
  renew(keys: readonly string[]): Promise<void>;
  /** Removes the keys and returns how many of them were stored. */
  drop(keys: readonly string[]): Promise<number>;
}

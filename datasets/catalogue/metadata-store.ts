/**
 * The part of the store in which processes leave each other what they learned of files, and how it is called: whatever it holds can be read from the files
 * again, so nothing fails if it does.
 */
import type { Log } from "../../base/log.ts";

export interface MetadataStore {
  /** The first body under a key stays, unless another one `replaces` it. Returns what became of each. */
  putMetadata(
    entries: readonly { readonly key: string; readonly body: Uint8Array }[],
    options?: { readonly replaces?: boolean },
  ): Promise<readonly ("inserted" | "same" | "different" | Error)[]>;
  /** Returns the stored bodies of these keys. */
  getMetadata(keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>>>;
}

/** The milliseconds for which the store is not called after it failed. */
const restAfterFailure = 10_000;

/** A store that need not answer. */
export class OptionalStore {
  readonly #store: MetadataStore;
  readonly #log: Log;
  readonly #warning: string;
  #failed = Number.NEGATIVE_INFINITY;

  /** `warning` is logged with each failure, and says what is done instead. */
  constructor(store: MetadataStore, log: Log, warning: string) {
    this.#store = store;
    this.#log = log;
    this.#warning = warning;
  }

  /** Resolves with what `call` makes of the store. Resolves with undefined if the call fails and, without calling, for a while after that. */
  async ask<T>(call: (store: MetadataStore) => Promise<T>): Promise<T | undefined> {
    if (Date.now() - this.#failed < restAfterFailure) return undefined;
    try {
      return await call(this.#store);
    } catch (error) {
      this.#failed = Date.now();
      this.#log.warn({ err: error }, this.#warning);
      return undefined;
    }
  }
}

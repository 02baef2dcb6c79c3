/**
 * Clears queries that have no subtasks left, as far as a node of this process knows. It waits a moment and then clears several together: by then another
 * process may have cleared them, and a client that waits for the answer has it already. Housekeeping repeats what fails here.
 */

import { unlessInDoubt } from "../protocol/zookeeper-error.ts";
import type { Segments } from "../znodes/segments.ts";
import type { ZooKeeper } from "../zookeeper.ts";
import { type ClearOptions, clearQueries } from "./clear-queries.ts";

export interface IdleQueriesOptions extends Pick<ClearOptions, "onAlive"> {
  readonly segments: Segments;
  readonly onError: (error: unknown) => void;
}

/** In milliseconds. The pause is random between these, since all processes with nodes hear of a query's end at the same moment. */
const soonest = 100;
const latest = 300;
const mostTries = 3;
const mostAtOnce = 50;

export class IdleQueries {
  readonly #options: IdleQueriesOptions;
  /** The queries to clear, and how many times each was tried. */
  readonly #queries = new Map<string, number>();
  #zookeeper: ZooKeeper | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: IdleQueriesOptions) {
    this.#options = options;
  }

  add(zookeeper: ZooKeeper, query: string): void {
    this.#zookeeper = zookeeper;
    if (!this.#queries.has(query)) this.#queries.set(query, 0);
    this.#schedule();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#queries.clear();
  }

  #schedule(): void {
    if (this.#queries.size > 0) this.#timer ??= setTimeout(() => void this.#clear(), soonest + Math.random() * (latest - soonest));
  }

  async #clear(): Promise<void> {
    const { onError, ...options } = this.#options;
    const now = [...this.#queries].slice(0, mostAtOnce);
    for (const [query] of now) this.#queries.delete(query);
    try {
      const changed = new Set(
        await clearQueries(
          { zookeeper: this.#zookeeper!, ...options },
          now.map(([query]) => query),
        ),
      );
      for (const [query, tries] of now)
        if (changed.has(query) && tries < mostTries && !this.#queries.has(query)) this.#queries.set(query, tries + 1);
    } catch (error) {
      unlessInDoubt(onError)(error);
    } finally {
      this.#timer = undefined;
      this.#schedule();
    }
  }
}

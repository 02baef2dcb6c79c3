/**
 * Which clients are interested in which queries, as the coordinator has it. Interest is created by asking for a query (`Coordinator.enqueue`) and
 * nowhere else; here it is counted, and renewed for clients that come back to look.
 */
import { LRUCache, type Perf } from "lru-cache";
import type { Log } from "../../../base/log.ts";
import { type Coordinator, interestTerm } from "../../../coordination/coordinator.ts";

/** One client's interest is written at most so often in its term. */
const renewalsPerTerm = 24;
/** Renewals that are remembered: a few megabytes. */
const mostRemembered = 10_000;

interface Options {
  readonly coordinator: Pick<Coordinator, "interest" | "renew">;
  readonly log: Log;
  /** A clock, for tests. */
  readonly clock?: Perf;
}

export class Interest {
  readonly #options: Options;
  /** Whether the client had an interest, by `CLIENT QUERY`, for as long as it need not be renewed. */
  readonly #renewed: LRUCache<string, { readonly isInterested: boolean }>;
  #current: Promise<unknown> = Promise.resolve();
  #next: { readonly ids: Set<string>; readonly counts: Promise<ReadonlyMap<string, number>> } | undefined;

  constructor(options: Options) {
    this.#options = options;
    const { clock } = options;
    this.#renewed = new LRUCache({
      max: mostRemembered,
      ttl: interestTerm / renewalsPerTerm,
      ...(clock && { perf: clock, ttlResolution: 0 }),
    });
  }

  /** Of each of these queries the number of clients. What is asked before the coordinator has answered goes together in one look-up after that. */
  count(queryIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (this.#next === undefined) {
      const ids = new Set<string>();
      const counts = this.#current.then(() => {
        this.#next = undefined;
        return this.#options.coordinator.interest([...ids]);
      });
      this.#next = { ids, counts };
      this.#current = counts.catch(() => undefined);
    }
    for (const id of queryIds) this.#next.ids.add(id);
    return this.#next.counts;
  }

  /** Renews the interest of a client that has one, if that was not done lately; gives whether it has. Never creates interest, and never rejects. */
  async renew(queryId: string, client: string): Promise<boolean> {
    const key = `${client} ${queryId}`;
    const known = this.#renewed.get(key);
    if (known) return known.isInterested;
    try {
      const isInterested = await this.#options.coordinator.renew(queryId, client);
      this.#renewed.set(key, { isInterested });
      return isInterested;
    } catch (error) {
      this.#options.log.warn({ err: error, query: queryId }, "a client's interest cannot be renewed now");
      return false;
    }
  }

  /** The client has just asked for the query, or withdrawn it. */
  changed(queryId: string, client: string, { isInterested }: { readonly isInterested: boolean }): void {
    this.#renewed.set(`${client} ${queryId}`, { isInterested });
  }
}

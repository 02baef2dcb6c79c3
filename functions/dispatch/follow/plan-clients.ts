/**
 * Who asks here for the queries of one plan: of each query the clients, in whose names lost work is queued again, and how many clients of all
 * dispatchers are interested, as far as this one knows. Interest is created by asking (`Coordinator.enqueue`) and nowhere else; for clients that come back to
 * look it is renewed. Memory: bounded in queries, and in clients of each.
 */
import { LRUCache } from "lru-cache";
import type { Log } from "../../../base/log.ts";
import type { Coordinator, SubtaskRequest } from "../../../coordination/coordinator.ts";
import type { ListedQuery } from "../../../storage/store.ts";

/** A client's interest is renewed at most so often in its term. */
const renewalsPerTerm = 24;
const mostQueries = 500;
const mostClients = 100;

/** A query, whole or as it is listed. */
export type QueryOfPlan = Pick<ListedQuery, "id" | "query">;

interface KnownQuery {
  readonly query: QueryOfPlan;
  /** Those that came last; `since` when it is known, in milliseconds by the clock, whether they are interested. */
  readonly clients: Map<string, { readonly isInterested: boolean; readonly since: number }>;
  interested: number;
}

export interface PlanClientsOptions {
  readonly coordinator: Pick<Coordinator, "renew" | "interestTerm">;
  readonly log: Log;
  /** A clock in milliseconds. */
  readonly now?: () => number;
}

export class PlanClients {
  readonly #options: PlanClientsOptions;
  readonly #now: () => number;
  readonly #known = new LRUCache<string, KnownQuery>({ maxSize: mostQueries, sizeCalculation: () => 1 });
  /** Grows whenever a client asks or withdraws here: a count that was begun before is no longer true. */
  changes = 0;

  constructor(options: PlanClientsOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Those that somebody is interested in, as far as is known. */
  get queries(): readonly QueryOfPlan[] {
    return [...this.#known.values()].filter(({ interested }) => interested > 0).map(({ query }) => query);
  }

  /** A client asks for a query: it is interested, whatever was counted before. */
  asks(query: QueryOfPlan, client: string): void {
    this.changes++;
    this.#remember(query, client, true);
  }

  withdraws(query: QueryOfPlan, client: string): void {
    this.changes++;
    this.#remember(query, client, false);
  }

  /** A client looks how a query is: the interest that it has is renewed, if that was not done lately. Creates none, and never rejects. */
  async looks(query: QueryOfPlan, client: string): Promise<void> {
    const known = this.#find(query).clients.get(client);
    if (known && this.#now() - known.since < this.#options.coordinator.interestTerm / renewalsPerTerm) return;
    const { changes } = this;
    try {
      const isInterested = await this.#options.coordinator.renew(query.id, client);
      if (this.changes === changes) this.#remember(query, client, isInterested);
    } catch (error) {
      this.#options.log.warn({ err: error, query: query.id }, "a client's interest cannot be renewed now");
    }
  }

  /** What the coordinator counted. True where that is news. Where nobody is interested, nobody asks here any more either. */
  count(query: QueryOfPlan, interested: number): boolean {
    const known = this.#find(query);
    if (known.interested === interested) return false;
    known.interested = interested;
    if (interested === 0) known.clients.clear();
    return true;
  }

  /** How many clients are interested in a query; one, where nobody has counted yet. */
  interestedIn({ id }: QueryOfPlan): number {
    return this.#known.peek(id)?.interested ?? 1;
  }

  /** The requests that queue something again, for every client that is known here to be interested. */
  requests(): readonly Omit<SubtaskRequest, "subtasks">[] {
    return [...this.#known.values()].flatMap(({ query: { id, query }, clients }) =>
      [...clients].filter(([, { isInterested }]) => isInterested).map(([client]) => ({ queryId: id, client, priority: query.priority })),
    );
  }

  #remember(query: QueryOfPlan, client: string, isInterested: boolean): void {
    const known = this.#find(query);
    if (isInterested) known.interested = Math.max(1, known.interested);
    known.clients.delete(client);
    known.clients.set(client, { isInterested, since: this.#now() });
    for (const oldest of known.clients.keys()) if (known.clients.size > mostClients) known.clients.delete(oldest);
  }

  #find(query: QueryOfPlan): KnownQuery {
    const known = this.#known.get(query.id) ?? { query, clients: new Map(), interested: 1 };
    this.#known.set(query.id, known);
    return known;
  }
}

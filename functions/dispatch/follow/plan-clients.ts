/**
 * The clients of the queries of one plan at this dispatcher. For each query it knows its clients, in whose names lost subtasks are queued again, and the last
 * known number of interested clients at all dispatchers. Only submitting creates interest (`Coordinator.enqueue`); looking at a query renews it.
 * Memory is bounded in queries and in clients per query.
 */
import { LRUCache } from "lru-cache";
import type { Log } from "../../../base/log.ts";
import type { Coordinator, SubtaskRequest } from "../../../coordination/coordinator.ts";
import type { ListedQuery } from "../../../storage/store.ts";

/** How often a client's interest is renewed at most within its term. */
const renewalsPerTerm = 24;
const mostQueries = 500;
const mostClients = 100;

/** The part of a query that is also in lists. */
export type QueryOfPlan = Pick<ListedQuery, "id" | "query">;

interface KnownQuery {
  readonly query: QueryOfPlan;
  /** The most recent clients. `since` is when it became known, in milliseconds by the clock, whether the client is interested. */
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
  /** Grows whenever a client submits or withdraws here; counts that began before are then outdated. */
  changes = 0;

  constructor(options: PlanClientsOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** The queries in which somebody is interested, by the last known counts. */
  get queries(): readonly QueryOfPlan[] {
    return [...this.#known.values()].filter(({ interested }) => interested > 0).map(({ query }) => query);
  }

  /** Takes note that a client submits a query, so that it is interested regardless of earlier counts. */
  asks(query: QueryOfPlan, client: string): void {
    this.changes++;
    this.#remember(query, client, true);
  }

  withdraws(query: QueryOfPlan, client: string): void {
    this.changes++;
    this.#remember(query, client, false);
  }

  /** Takes note that a client looks at a query, and renews its interest if that was not done recently. Never creates interest, and never rejects. */
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

  /** Takes in the coordinator's count; returns whether it is new. If it is 0, all clients here are forgotten, too. */
  count(query: QueryOfPlan, interested: number): boolean {
    const known = this.#find(query);
    if (known.interested === interested) return false;
    known.interested = interested;
    if (interested === 0) known.clients.clear();
    return true;
  }

  /** The number of clients interested in a query; 1 if it was not counted yet. */
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

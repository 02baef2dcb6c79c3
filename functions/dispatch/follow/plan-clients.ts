/**
 * Who asks here for the queries of one plan: of each query the clients, in whose names lost work is queued again, and how many clients of all
 * dispatchers are interested, as far as this one knows. Memory: bounded in queries, and in clients of each.
 */
import { LRUCache } from "lru-cache";
import type { SubtaskRequest } from "../../../coordination/coordinator.ts";
import type { ListedQuery } from "../../../storage/store.ts";

const mostQueries = 500;
const mostClients = 100;

/** A query, whole or as it is listed. */
export type QueryOfPlan = Pick<ListedQuery, "id" | "query">;

interface AskedQuery {
  readonly query: QueryOfPlan;
  readonly clients: Set<string>;
  interested: number;
}

export class PlanClients {
  readonly #asked = new LRUCache<string, AskedQuery>({ max: mostQueries });
  /** Grows whenever a client asks or withdraws here: a count that was begun before is no longer true. */
  changes = 0;

  /** Those that somebody is interested in, as far as is known. */
  get queries(): readonly QueryOfPlan[] {
    return [...this.#asked.values()].filter(({ interested }) => interested > 0).map(({ query }) => query);
  }

  /** A client asks for a query: it is interested, whatever was counted before. */
  asks(query: QueryOfPlan, client: string): void {
    this.isBack(query, client);
    this.changes++;
  }

  /** A client that asked for a query before, here or elsewhere, looks how it is. */
  isBack(query: QueryOfPlan, client: string): void {
    const asked = this.#find(query);
    asked.clients.add(client);
    for (const oldest of asked.clients) if (asked.clients.size > mostClients) asked.clients.delete(oldest);
    asked.interested = Math.max(1, asked.interested);
  }

  withdraws({ id }: QueryOfPlan, client: string): void {
    this.#asked.peek(id)?.clients.delete(client);
    this.changes++;
  }

  /** What the coordinator counted. True where that is news. Where nobody is interested, nobody asks here any more either. */
  count(query: QueryOfPlan, interested: number): boolean {
    const asked = this.#find(query);
    const isNews = asked.interested !== interested;
    asked.interested = interested;
    if (interested === 0) asked.clients.clear();
    return isNews;
  }

  /** How many clients are interested in a query; one, where nobody has counted yet. */
  interestedIn({ id }: QueryOfPlan): number {
    return this.#asked.peek(id)?.interested ?? 1;
  }

  /** The requests that queue something again for every client that is known here. */
  requests(): readonly Omit<SubtaskRequest, "subtasks">[] {
    return [...this.#asked.values()].flatMap(({ query: { id, query }, clients }) =>
      [...clients].map((client) => ({ queryId: id, client, priority: query.priority })),
    );
  }

  #find(query: QueryOfPlan): AskedQuery {
    const known = this.#asked.get(query.id);
    if (known) return known;
    const asked = { query, clients: new Set<string>(), interested: 1 };
    this.#asked.set(query.id, asked);
    return asked;
  }
}

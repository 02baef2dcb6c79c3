/** The queries in the embedded store. Lists go through the notes of all queries, in groups; notes are small, and queries are bounded in bytes. */
import { LRUCache } from "lru-cache";
import type { QueryTable } from "../create-store.ts";
import { decodeJson, encodeJson, noteOfQuery, type QueryNote } from "../encode-records.ts";
import type { QueryFilter, StoredQuery } from "../store.ts";
import type { TableView } from "./table-view.ts";

type Age = Pick<StoredQuery, "created" | "id">;

/** In milliseconds: a query renews its plan, program and result at most once in this time. */
const renewedFor = 60_000;
const mostRenewed = 4_096;

export class EmbeddedQueries implements QueryTable {
  readonly #table: TableView;
  readonly #now: () => number;
  /** When a query's plan, program and result were renewed last, by its id. */
  readonly #renewed = new LRUCache<string, number>({ max: mostRenewed });

  /** `now`: milliseconds since the epoch. */
  constructor(table: TableView, now: () => number) {
    this.#table = table;
    this.#now = now;
  }

  put(query: StoredQuery): Promise<void> {
    return this.#table.replace({ key: query.id, body: encodeJson(query), note: noteOfQuery(query) });
  }

  async get(id: string) {
    const found = (await this.#table.get([id])).get(id);
    if (!found) return undefined;
    const now = this.#now();
    const isStale = Math.abs(now - (this.#renewed.get(id) ?? Number.NEGATIVE_INFINITY)) >= renewedFor;
    if (isStale) this.#renewed.set(id, now);
    return { query: decodeJson<StoredQuery>(found.bytes), isStale };
  }

  /** Lists queries, newest first. At most twice `limit` queries are in memory. */
  async list({ before, limit, dataset, name }: QueryFilter) {
    const part = name?.toLowerCase();
    let newest: (QueryNote & Age & { readonly lastAccess: number })[] = [];
    for await (const { key: id, note, used } of this.#table.scan()) {
      const query = { id, ...(note as QueryNote), lastAccess: used };
      if (before && compareAge(query, before) <= 0) continue;
      if (dataset !== undefined && query.query.dataset !== dataset) continue;
      if (part !== undefined && !query.query.name?.toLowerCase().includes(part)) continue;
      newest.push(query);
      if (newest.length >= 2 * limit) newest = newest.sort(compareAge).slice(0, limit);
    }
    return newest.sort(compareAge).slice(0, limit);
  }

  async dropOfPlan(planKey: string): Promise<void> {
    for await (const { key, note } of this.#table.scan()) {
      if ((note as QueryNote).planKey === planKey) await this.#table.drop([key]);
    }
  }
}

/** Positive if `a` is older. */
function compareAge(a: Age, b: Age): number {
  return b.created - a.created || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

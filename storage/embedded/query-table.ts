/** Queries in the embedded store. Looking for some goes through the notes of all of them, some at a time: these are small, and queries bounded in bytes. */
import type { QueryTable } from "../create-store.ts";
import { decodeJson, encodeJson, noteOfQuery, type QueryNote } from "../encode-records.ts";
import type { QueryFilter, StoredQuery } from "../store.ts";
import type { TableView } from "./table-view.ts";

type Age = Pick<StoredQuery, "created" | "id">;

export class EmbeddedQueries implements QueryTable {
  readonly #table: TableView;

  constructor(table: TableView) {
    this.#table = table;
  }

  put(query: StoredQuery): Promise<void> {
    return this.#table.replace({ key: query.id, body: encodeJson(query), note: noteOfQuery(query) });
  }

  async get(id: string) {
    const found = (await this.#table.get([id])).get(id);
    // Renewing is cheap here: a use is written once an hour at most, whoever asks for it.
    return found && { query: decodeJson<StoredQuery>(found.bytes), isStale: true };
  }

  /** Newest first. Memory: twice the limit. */
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

/** Positive where `a` is the older one. */
function compareAge(a: Age, b: Age): number {
  return b.created - a.created || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

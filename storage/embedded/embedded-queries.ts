/** Queries in the embedded store: `query:ID`. Looking for some reads all, a few at a time: they are small and bounded in bytes. */

import { decodeJson } from "../records.ts";
import type { ListedQuery, QueryFilter, StoredQuery } from "../store.ts";
import type { BoundedTable } from "./bounded-table.ts";

type Listed = Omit<ListedQuery, "resultBytes">;

/** Newest first. Memory: twice the limit. */
export async function listQueries(records: BoundedTable, { before, limit, dataset, name }: QueryFilter): Promise<readonly Listed[]> {
  const part = name?.toLowerCase();
  let newest: Listed[] = [];
  for await (const { body, used } of records.scan("query:")) {
    const query = decodeJson<StoredQuery>(body);
    if (before && compareAge(query, before) <= 0) continue;
    if (dataset !== undefined && query.query.dataset !== dataset) continue;
    if (part !== undefined && !query.query.name?.toLowerCase().includes(part)) continue;
    newest.push({ ...query, lastAccess: used });
    if (newest.length >= 2 * limit) newest = newest.sort(compareAge).slice(0, limit);
  }
  return newest.sort(compareAge).slice(0, limit);
}

export async function dropQueries(records: BoundedTable, planKey: string): Promise<void> {
  for await (const { key, body } of records.scan("query:")) {
    if (decodeJson<StoredQuery>(body).planKey === planKey) await records.drop([key]);
  }
}

/** Positive where `a` is the older one. */
function compareAge(a: Pick<StoredQuery, "created" | "id">, b: Pick<StoredQuery, "created" | "id">): number {
  return b.created - a.created || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

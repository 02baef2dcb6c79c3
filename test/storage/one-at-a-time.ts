/** The store's calls for many, for tests that want one. */
import type { CanonicalQuery } from "../../engine/query/query.ts";
import type { Inserted, Store, StoredBody, StoredPlan, StoredProgram, StoredQuery } from "../../storage/store.ts";

/** Rejects with what `putPartials` tells of a partial that can never be kept. */
export async function putPartial(store: Pick<Store, "putPartials">, key: string, body: Uint8Array, note?: unknown): Promise<Inserted> {
  const [outcome] = await store.putPartials([{ key, body, note }]);
  if (typeof outcome === "string") return outcome;
  throw outcome;
}

export async function getPartial(store: Pick<Store, "getPartials">, key: string): Promise<StoredBody | undefined> {
  return (await store.getPartials([key])).get(key);
}

export async function getProgram(store: Pick<Store, "getPrograms">, key: string): Promise<StoredProgram | undefined> {
  return (await store.getPrograms([key])).get(key);
}

export async function getPlan(store: Pick<Store, "getPlans">, key: string): Promise<StoredPlan | undefined> {
  return (await store.getPlans([key])).get(key);
}

export function makeQuery(id: string, options: Partial<StoredQuery> & { readonly asked?: Partial<CanonicalQuery> } = {}): StoredQuery {
  const { asked, ...rest } = options;
  const query = { dataset: "zmumu", define: {}, filter: [], histograms: {}, priority: 500, ...asked };
  return { id, planKey: "plan", query, places: {}, created: 1, ...rest };
}

type Put = Store["putResult"];
type Get = Store["getResult"];

/** How partials are put and got, then how results are. */
export function putAndGet(store: Store): readonly (readonly [Put, Get])[] {
  return [
    [(key, body, note) => putPartial(store, key, body, note), (key) => getPartial(store, key)],
    [store.putResult, store.getResult],
  ];
}

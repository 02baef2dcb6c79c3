/** Makes a store from its tables, for the embedded store and for MongoDB alike. Each adds how bodies are bounded, unused ones removed, and the store closed. */
import { decodeProgram, encodeProgram } from "./encode-records.ts";
import type { PinnedKeys } from "./pinned-keys.ts";
import type { Plans } from "./plans.ts";
import { removePlan } from "./remove-plan.ts";
import type { Inserted, ListedQuery, QueryFilter, Store, StoredBody, StoredQuery } from "./store.ts";
import { StoreError } from "./store-error.ts";
import type { Entry, Table } from "./table.ts";

export interface QueryTable {
  put(query: StoredQuery): Promise<void>;
  /** `isStale`: the last renewal of plan, program and result is so long ago that the caller should renew them, too. */
  get(id: string): Promise<{ readonly query: StoredQuery; readonly isStale: boolean } | undefined>;
  list(filter: QueryFilter): Promise<readonly Omit<ListedQuery, "resultBytes">[]>;
  dropOfPlan(planKey: string): Promise<void>;
}

export interface StoreParts {
  readonly programs: Table;
  readonly plans: Plans;
  readonly queries: QueryTable;
  readonly partials: Table;
  readonly results: Table;
  readonly metadata: Table;
  readonly datasets: {
    list(): Promise<Awaited<ReturnType<Store["listDatasets"]>>>;
    put: Store["putDataset"];
    remove: Store["removeDataset"];
  };
  readonly pinned: PinnedKeys;
}

export function createStore(parts: StoreParts): Omit<Store, "reset" | "removeUnused" | "usage" | "close"> {
  const { programs, plans, queries, partials, results, metadata, datasets, pinned } = parts;
  return {
    putProgram: (program) => programs.replace({ key: program.programKey, body: encodeProgram(program) }),
    getPrograms: async (programKeys) => mapBodies(await programs.get(programKeys), ({ bytes }) => decodeProgram(bytes)),
    putPlan: (plan) => plans.put(plan),
    getPlans: (planKeys) => plans.get(planKeys),
    hasPlan: (planKey) => plans.has(planKey),
    putQuery: (query) => queries.put(query),
    async getQuery(id) {
      const found = await queries.get(id);
      if (found?.isStale) await renewAnswer(found.query.planKey, parts);
      return found?.query;
    },

    putPartials: (all) => partials.insert(all),
    getPartials: (subtaskKeys) => partials.get(subtaskKeys),
    findPartials: async (subtaskKeys, { renews = true } = {}) =>
      renews ? partials.find(subtaskKeys) : new Set((await partials.describe(subtaskKeys)).keys()),
    dropPartial: async (subtaskKey) => void (await partials.drop([subtaskKey])),
    putResult: (planKey, body, note) => insertOne(results, { key: planKey, body, note }),
    getResult: async (planKey) => (await results.get([planKey])).get(planKey),
    dropResult: async (planKey) => void (await results.drop([planKey])),

    listDatasets: () => datasets.list(),
    putDataset: (dataset) => datasets.put(dataset),
    removeDataset: (name, revision) => datasets.remove(name, revision),
    async putMetadata(entries, { replaces = false } = {}) {
      if (!replaces) return await metadata.insert(entries);
      for (const entry of entries) await metadata.replace(entry);
      return entries.map(() => "inserted");
    },
    getMetadata: async (keys) => mapBodies(await metadata.get(keys), ({ bytes }) => bytes),

    async listQueries(filter) {
      const found = await queries.list(filter);
      const stored = await results.describe(found.map(({ planKey }) => planKey));
      return found.map((query) => {
        const result = stored.get(query.planKey);
        return result ? { ...query, resultBytes: result.size } : query;
      });
    },
    removePlan: (planKey) =>
      removePlan(planKey, {
        partialKeys: (key) => plans.partialKeys(key),
        otherPlans: (key) => plans.others(key),
        isPinned: (key) => pinned.has(key),
        dropPartials: (keys) => partials.drop(keys),
        countPartials: async (keys) => (await partials.describe(keys)).size,
        async dropRest(key) {
          await results.drop([key]);
          await queries.dropOfPlan(key);
          await plans.drop(key);
        },
      }),
    pin: (keys) => pinned.pin(keys),
  };
}

async function insertOne(table: Table, entry: Entry): Promise<Inserted> {
  const [outcome] = await table.insert([entry]);
  if (outcome instanceof StoreError) throw outcome;
  return outcome!;
}

/** Renews the plan, the programs and the result of a query, so that they are kept as long as the query. */
export async function renewAnswer(
  planKey: string,
  { plans, programs, results }: Pick<StoreParts, "plans" | "programs" | "results">,
): Promise<void> {
  const programKeys = await plans.renew(planKey);
  if (programKeys.length > 0) await Promise.all([programs.renew(programKeys), results.renew([planKey])]);
}

function mapBodies<T>(found: ReadonlyMap<string, StoredBody>, change: (body: StoredBody) => T): ReadonlyMap<string, T> {
  return new Map([...found].map(([key, body]) => [key, change(body)]));
}

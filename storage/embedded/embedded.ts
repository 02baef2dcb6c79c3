/**
 * The store of one process, on its own disk (LMDB).
 *
 * Promises what `store.ts` does; a resolved put also survives a power cut, as far as the disk keeps what it acknowledged. One process at a time has
 * the directory; another is refused. Partials and results share one bound; programs, plans and queries share a second, smaller one, and files'
 * metadata have a third, so that nothing grows for ever: what was not used for longest goes first, unless its plan is pinned. With `keep`, what was not used so long goes as well.
 * The file on disk never shrinks, and is up to about twice the bounds: LMDB stores whole pages of 4 kB.
 */

import { clearInterval, setInterval } from "node:timers";
import { setImmediate as turn } from "node:timers/promises";
import type { Log } from "../../base/log.ts";
import { Pins } from "../pins.ts";
import { decodeJson, decodeProgram, encodeJson, encodeProgram } from "../records.ts";
import { type PlanParts, removePlan } from "../remove-plan.ts";
import type { Inserted, NewPartial, Store, StoredQuery } from "../store.ts";
import { StoreError } from "../store-error.ts";
import { BoundedTable } from "./bounded-table.ts";
import { DatasetTable } from "./embedded-datasets.ts";
import { dropPlan, getPlans, hasPlan, otherPlans, partialKeysOf, putPlan, renewPlan } from "./embedded-plans.ts";
import { dropQueries, listQueries } from "./embedded-queries.ts";
import { type Environment, type EnvironmentOptions, openEnvironment } from "./environment.ts";

export type StoreOptions = StoreLimits & ({ readonly environment: Environment } | Pick<EnvironmentOptions, "directory">);

export interface StoreLimits {
  /** Bytes of partials and results. */
  readonly limit?: number;
  /** Bytes of programs, plans and queries. */
  readonly recordLimit?: number;
  /** Bytes of files' metadata. */
  readonly metadataLimit?: number;
  /** Milliseconds from last access to removal, checked every hour or so; never where absent. */
  readonly keep?: number;
  readonly log?: Log;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

const keysPerTurn = 1000;
const hour = 3_600_000;

export interface EmbeddedStore extends Store {
  /**
   * As `putPartials`, inside a transaction of the environment that the caller began: what else it changes there, the coordinator's journal for one,
   * is on disk together with the partials, or not at all. The caller bounds their number and bytes.
   */
  putPartialsWithin(partials: readonly NewPartial[]): readonly (Inserted | StoreError)[];
  /** Why nothing can be stored now; empty where it can. */
  notReady(): readonly string[];
}

/** Closing the store closes the environment. Throws `StoreError` for a directory that is in use, foreign, damaged or not writable. */
export async function openStore(options: StoreOptions): Promise<EmbeddedStore> {
  const { limit = 2 * 1024 ** 3, recordLimit = 256 * 1024 ** 2, metadataLimit = recordLimit } = options;
  const { keep, log, now = Date.now } = options;
  const environment = "environment" in options ? options.environment : await openEnvironment(options);
  const { directory } = environment;
  const pins = new Pins();
  const shared = {
    now,
    /** Keys are KIND:KEY; KEY is what callers pin. */
    isPinned: (key: string) => pins.has(key.slice(key.indexOf(":") + 1)),
    onUnwritten: (error: unknown) => log?.warn({ directory, error }, "times of last use could not be written"),
  };
  try {
    const bodies = new BoundedTable(environment, { name: "bodies", limit, ...shared });
    const records = new BoundedTable(environment, { name: "records", limit: recordLimit, ...shared });
    const metadata = new BoundedTable(environment, { name: "metadata", limit: metadataLimit, ...shared });
    const datasets = new DatasetTable(environment);
    const sweep = async () => {
      if (keep === undefined) return 0;
      const before = now() - keep;
      return (await bodies.expire(before)) + (await records.expire(before)) + (await metadata.expire(before));
    };
    const failed = (error: unknown) =>
      log?.warn({ directory, error }, "what nobody used for long could not be removed; trying again later");
    const sweeping = setInterval(() => void sweep().catch(failed), Math.min(hour, (keep ?? hour) / 4)).unref();
    const close = () => {
      clearInterval(sweeping);
      return environment.close();
    };
    const store = createStore({ bodies, records, metadata, datasets, pins, sweep, close });
    return { ...store, putPartialsWithin: (partials) => bodies.insertWithin(partials.map(asBody)), notReady: () => environment.notReady() };
  } catch (error) {
    await environment.close();
    throw error;
  }
}

const asBody = (partial: NewPartial): NewPartial => ({ ...partial, key: `partial:${partial.key}` });

interface Parts {
  readonly bodies: BoundedTable;
  readonly records: BoundedTable;
  readonly metadata: BoundedTable;
  readonly datasets: DatasetTable;
  readonly pins: Pins;
  readonly sweep: () => Promise<number>;
  readonly close: () => Promise<void>;
}

function createStore({ bodies, records, metadata, datasets, pins, sweep, close }: Parts): Store {
  const planParts: PlanParts = {
    partialKeys: (planKey) => partialKeysOf(records, planKey),
    otherPlans: (planKey) => otherPlans(records, planKey),
    isPinned: (key) => pins.has(key),
    dropPartials: (keys) => bodies.drop(keys.map((key) => `partial:${key}`)),
    countPartials: async (keys) => bodies.sizes(keys.map((key) => `partial:${key}`)).size,
    async dropRest(planKey) {
      await bodies.drop([`result:${planKey}`]);
      await dropQueries(records, planKey);
      await dropPlan(records, planKey);
    },
  };

  return {
    putProgram: (program) => records.replace(`program:${program.programKey}`, encodeProgram(program)),
    async getPrograms(programKeys) {
      const found = await records.getAll(programKeys.map((key) => `program:${key}`));
      return new Map([...found.values()].map(({ bytes }) => decodeProgram(bytes)).map((program) => [program.programKey, program]));
    },
    putPlan: (plan) => putPlan(records, plan),
    getPlans: (planKeys) => getPlans(records, planKeys),
    hasPlan: (planKey) => hasPlan(records, planKey),
    putQuery: (query) => records.replace(`query:${query.id}`, encodeJson(query)),
    async getQuery(id) {
      const bytes = await records.get(`query:${id}`);
      const query = bytes && decodeJson<StoredQuery>(bytes);
      if (query) await Promise.all([renewPlan(records, query.planKey), bodies.find([`result:${query.planKey}`])]);
      return query;
    },

    putPartials: (partials) => bodies.insert(partials.map(asBody)),
    async getPartials(subtaskKeys) {
      const found = await bodies.getAll(subtaskKeys.map((key) => `partial:${key}`));
      return new Map([...found].map(([key, body]) => [key.slice("partial:".length), body]));
    },
    async findPartials(subtaskKeys, { renews = true } = {}) {
      const found = new Set<string>();
      for (let start = 0; start < subtaskKeys.length; start += keysPerTurn) {
        if (start > 0) await turn();
        const keys = subtaskKeys.slice(start, start + keysPerTurn).map((key) => `partial:${key}`);
        for (const key of renews ? await bodies.find(keys) : bodies.sizes(keys).keys()) found.add(key.slice("partial:".length));
      }
      return found;
    },
    dropPartial: async (subtaskKey) => void (await bodies.drop([`partial:${subtaskKey}`])),

    async putResult(planKey, body, note) {
      const [outcome] = await bodies.insert([{ key: `result:${planKey}`, body, note }]);
      if (outcome instanceof StoreError) throw outcome;
      return outcome!;
    },
    async getResult(planKey) {
      const key = `result:${planKey}`;
      return (await bodies.getAll([key])).get(key);
    },
    dropResult: async (planKey) => void (await bodies.drop([`result:${planKey}`])),

    listDatasets: async () => datasets.list(),
    putDataset: (dataset) => datasets.put(dataset),
    removeDataset: (name, revision) => datasets.remove(name, revision),
    putMetadata: (key, body) => metadata.replace(`metadata:${key}`, body),
    async getMetadata(keys) {
      const found = await metadata.getAll(keys.map((key) => `metadata:${key}`));
      return new Map([...found].map(([key, { bytes }]) => [key.slice("metadata:".length), bytes]));
    },

    async listQueries(filter) {
      const found = await listQueries(records, filter);
      const sizes = bodies.sizes(found.map(({ planKey }) => `result:${planKey}`));
      return found.map((query) => {
        const resultBytes = sizes.get(`result:${query.planKey}`);
        return { ...query, ...(resultBytes === undefined ? {} : { resultBytes }) };
      });
    },
    removePlan: (planKey) => removePlan(planKey, planParts),
    async reset() {
      await bodies.clear();
      await records.clear();
      await metadata.clear();
      await datasets.clear();
    },
    sweep,

    pin: (keys) => pins.pin(keys),
    usage: async () => bodies.usage(),
    close,
  };
}

/**
 * The store that all processes of a cluster share, on a server that speaks MongoDB's protocol (wire version 9 or later: MongoDB 4.4).
 *
 * Promises what `store.ts` does: a resolved put was acknowledged by a majority, from its journal. Every operation touches one document at a
 * time, and needs no session, transaction, change stream or update pipeline. Calls are tried again while the server is away, for `patience`.
 * Pins hold in this process; another process sees them as recent use, renewed at least every hour, so it evicts such bodies last.
 * Bodies are bounded as `mongodb/bound.ts` says; records (programs, plans, queries) by `keep` alone.
 */
import { clearInterval, setInterval } from "node:timers";
import { setTimeout as delay } from "node:timers/promises";
import { Pins } from "../pins.ts";
import { decodeProgram, encodeProgram } from "../records.ts";
import { type PlanParts, removePlan } from "../remove-plan.ts";
import { splitByBytes } from "../split-by-bytes.ts";
import type { Inserted, NewPartial, Store } from "../store.ts";
import { StoreError } from "../store-error.ts";
import { BodyTable } from "./body-table.ts";
import { Bound } from "./bound.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { Datasets } from "./datasets.ts";
import { createIndexes, dropCollections } from "./indexes.ts";
import { type AccessTimes, writeInterval } from "./last-access.ts";
import { Plans } from "./plans.ts";
import { Queries } from "./queries.ts";
import { sweepExpired } from "./sweep.ts";

export interface MongoStoreOptions extends ConnectionOptions {
  /** Bytes of partials and results. */
  readonly limit?: number;
  /** Milliseconds from last access to removal; never where absent. */
  readonly keep?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Bodies that go to the server together. */
const bodiesAtOnce = 500;
const bytesAtOnce = 12 * 2 ** 20;
/** Milliseconds that closing waits for what is written in the background. */
const longestSettling = 2_000;

export interface MongoStore extends Store {
  /** Why nothing can be stored now; empty where it can. */
  notReady(): readonly string[];
  /** Resolves when the times of last use so far are written, or could not be. */
  settled(): Promise<void>;
  /** One round trip to the server and back. */
  ping(): Promise<void>;
}

/**
 * Resolves also where the server is absent: calls then wait for it, and `notReady` says so. Throws `StoreError` where waiting cannot help: a server
 * that is too old or does not take the password, a connection string that is none.
 */
export async function openMongoStore(options: MongoStoreOptions): Promise<MongoStore> {
  const { limit = 2 * 1024 ** 3, keep, now = Date.now, log } = options;
  const connection = new Connection(options);
  const times: AccessTimes = { now, ...(keep === undefined ? {} : { keep }) };
  const pins = new Pins();
  const onLost = () => bound.forget();
  const partials = new BodyTable(connection, { name: "partials", times, onLost });
  const results = new BodyTable(connection, { name: "results", times, onLost });
  const programs = new BodyTable(connection, { name: "programs", times });
  const plans = new Plans(connection, times);
  const queries = new Queries(connection, times);
  const metadata = new BodyTable(connection, { name: "metadata", times });
  const datasets = new Datasets(connection);
  const bound = new Bound(connection, { tables: [partials, results], limit, now, isPinned: (key) => pins.has(key) });
  const tables = [partials, results, programs, plans.heads, plans.pieces, queries.table, metadata];

  /** Bodies that can never be kept are told of; the others go in, some at a time. */
  async function putBodies(table: BodyTable, bodies: readonly NewPartial[]): Promise<readonly (Inserted | StoreError)[]> {
    const outcomes: (Inserted | StoreError)[] = [];
    const possible = bodies.flatMap((each, index) => {
      const refusal = bound.refusal(each.key, each.body.length);
      if (refusal) outcomes[index] = refusal;
      return refusal ? [] : [{ ...each, index }];
    });
    const sizeOf = ({ body }: NewPartial) => body.length;
    for (const group of splitByBytes(possible, { most: bodiesAtOnce, mostBytes: Math.min(bytesAtOnce, limit), sizeOf })) {
      const inserted = await putGroup(table, group);
      for (const [place, { index }] of group.entries()) outcomes[index] = inserted[place]!;
    }
    return outcomes;
  }

  async function putGroup(table: BodyTable, group: readonly NewPartial[]): Promise<readonly Inserted[]> {
    await bound.take(group.map(({ body }) => body.length));
    try {
      const written = group.map(({ key, body, note }) => ({ key, body, fields: note === undefined ? {} : { note: JSON.stringify(note) } }));
      const outcomes = await table.insert(written);
      bound.give(group.flatMap(({ body }, index) => (outcomes[index] === "inserted" ? [] : { size: body.length })));
      return outcomes;
    } catch (error) {
      // Some may have gone in.
      bound.forget();
      throw error;
    }
  }

  /** What a query takes to answer is as fresh as the query. */
  async function renewAll(planKey: string): Promise<void> {
    const note = await plans.note(planKey);
    if (!note) return;
    plans.renew(planKey, note);
    programs.access.note(note.programKey);
    results.access.note(planKey);
  }

  async function sweep(): Promise<number> {
    const pinned = [...pins.keys()];
    for (const key of pinned) for (const table of [partials, results]) table.access.note(key);
    for (const planKey of (await plans.heads.sizes(pinned)).keys()) await renewAll(planKey);
    await settled();
    const removed = await sweepExpired(connection, now());
    if (removed > 0) bound.forget();
    return removed;
  }

  const planParts: PlanParts = {
    partialKeys: (planKey) => plans.partialKeys(planKey),
    otherPlans: (planKey) => plans.others(planKey),
    isPinned: (key) => pins.has(key),
    dropPartials: async (keys) => (await partials.drop(keys)).length,
    countPartials: async (keys) => (await partials.sizes(keys)).size,
    async dropRest(planKey) {
      await results.drop([planKey]);
      await queries.dropOfPlan(planKey);
      await plans.drop(planKey);
    },
  };

  const settled = async () => void (await Promise.all(tables.map((table) => table.settled())));
  const sweepAndSay = () =>
    sweep().then(
      (removed) => removed > 0 && log.info({ removed }, "records and bodies that nobody used for long were removed"),
      (error: unknown) => log.warn({ err: error }, "the store could not be swept; trying again later"),
    );

  try {
    await connection.open(() => createIndexes(connection));
  } catch (error) {
    await connection.close();
    throw error;
  }
  // Processes that start together do not sweep together.
  const sweeping = setInterval(() => void sweepAndSay(), writeInterval(times) * (0.75 + Math.random() / 4)).unref();

  return {
    putProgram: (program) => programs.replace(program.programKey, encodeProgram(program)),
    async getPrograms(programKeys) {
      return new Map([...(await programs.getAll(programKeys))].map(([key, { bytes }]) => [key, decodeProgram(bytes)]));
    },
    putPlan: (plan) => plans.put(plan),
    getPlans: (planKeys) => plans.get(planKeys),
    hasPlan: (planKey) => plans.has(planKey),
    putQuery: (query) => queries.put(query),
    async getQuery(id) {
      const found = await queries.get(id);
      if (found?.isOverdue) await renewAll(found.query.planKey);
      return found?.query;
    },

    putPartials: (all) => putBodies(partials, all),
    getPartials: (subtaskKeys) => partials.getAll(subtaskKeys),
    findPartials: async (subtaskKeys, { renews = true } = {}) =>
      renews ? partials.find(subtaskKeys) : new Set((await partials.sizes(subtaskKeys)).keys()),
    async dropPartial(subtaskKey) {
      bound.give(await partials.drop([subtaskKey]));
    },
    async putResult(key, body, note) {
      const [outcome] = await putBodies(results, [{ key, body, note }]);
      if (outcome instanceof StoreError) throw outcome;
      return outcome!;
    },
    getResult: async (planKey) => (await results.getAll([planKey])).get(planKey),
    async dropResult(planKey) {
      bound.give(await results.drop([planKey]));
    },

    listDatasets: () => datasets.list(),
    putDataset: (dataset) => datasets.put(dataset),
    removeDataset: (name, revision) => datasets.remove(name, revision),
    putMetadata: (key, body) => metadata.replace(key, body),
    async getMetadata(keys) {
      return new Map([...(await metadata.getAll(keys))].map(([key, { bytes }]) => [key, bytes]));
    },

    async listQueries(filter) {
      const found = await queries.list(filter);
      const sizes = await results.sizes(found.map(({ planKey }) => planKey));
      return found.map((query) => {
        const resultBytes = sizes.get(query.planKey);
        return { ...query, ...(resultBytes === undefined ? {} : { resultBytes }) };
      });
    },
    async removePlan(planKey) {
      const outcome = await removePlan(planKey, planParts);
      bound.forget();
      return outcome;
    },
    async reset() {
      await settled();
      await dropCollections(connection);
      bound.forget();
    },
    sweep,

    pin: (keys) => pins.pin(keys),
    usage: () => bound.usage(),
    notReady: () => connection.notReady(),
    settled,
    ping: () => connection.ping(),
    async close() {
      clearInterval(sweeping);
      // Times of last use may be lost; waiting for a server that goes away is not worth them.
      if (connection.notReady().length === 0) await Promise.race([settled(), delay(longestSettling, undefined, { ref: false })]);
      await connection.close();
    },
  };
}

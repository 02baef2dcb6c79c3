/**
 * The store that all processes of a cluster share, on a server that speaks MongoDB's protocol (wire version 9 or later: MongoDB 4.4).
 *
 * Gives the guarantees of `store.ts`; a resolved put was acknowledged by a majority, from its journal. Every operation changes documents one by one, and
 * needs no session, transaction, change stream or update pipeline. Calls are tried again for `patience` while the server is away.
 * Pins only hold in this process. Other processes see them as recent use, which is renewed at least every hour, so they evict such bodies last.
 * Partials and results have a limit of bytes (`body-limit.ts`); programs, plans and queries are only bounded by `keep`.
 */
import { clearInterval, setInterval } from "node:timers";
import { setTimeout as delay } from "node:timers/promises";
import type { Filter } from "mongodb";
import { createStore, renewAnswer } from "../create-store.ts";
import { PinnedKeys } from "../pinned-keys.ts";
import { type PlanNote, Plans } from "../plans.ts";
import { programsOf, type Store } from "../store.ts";
import { BodyLimit } from "./body-limit.ts";
import { type BodyDocument, BodyTable } from "./body-table.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { DatasetTable } from "./dataset-table.ts";
import { createIndexes, dropCollections } from "./indexes.ts";
import { type AccessTimes, writeInterval } from "./last-access.ts";
import { LimitedTable } from "./limited-table.ts";
import { MongoQueries } from "./query-table.ts";
import { removeExpired } from "./remove-expired.ts";

export interface MongoStoreOptions extends ConnectionOptions {
  /** The most bytes of partials and results. */
  readonly limit?: number;
  /** The milliseconds from the last access to removal; never if absent. */
  readonly keep?: number;
  /** The present, in milliseconds since the epoch. */
  readonly now?: () => number;
}

/** The milliseconds that closing waits for writes in the background. */
const longestSettling = 2_000;

export interface MongoStore extends Store {
  /** The reasons why nothing can be stored now; empty if it can. */
  notReady(): readonly string[];
  /** Resolves when the times of last use so far are written or have failed. */
  settled(): Promise<void>;
  /** One round trip to the server and back. */
  ping(): Promise<void>;
}

/**
 * Opens the store. Also resolves if the server is absent: calls then wait for it, and `notReady` tells so. Throws `StoreError` if waiting cannot help: the
 * server is too old or refuses the password, or the connection string is malformed.
 */
export async function openMongoStore(options: MongoStoreOptions): Promise<MongoStore> {
  const { limit = 2 * 1024 ** 3, keep, now = Date.now, log } = options;
  const connection = new Connection(options);
  const times: AccessTimes = { now, ...(keep === undefined ? {} : { keep }) };
  const pinned = new PinnedKeys();
  const bodyLimit = new BodyLimit(connection, { limit, now, isPinned: (key) => pinned.has(key) });
  const partials = new LimitedTable(connection, { name: "partials", times, limit: bodyLimit });
  const results = new LimitedTable(connection, { name: "results", times, limit: bodyLimit });
  const programs = new BodyTable(connection, { name: "programs", times });
  const fieldsOf = (note: unknown) => {
    const keys = programsOf(note as PlanNote).map(({ programKey }) => programKey);
    // If the field is a list, MongoDB finds the document by each member.
    return { programKey: keys.length === 1 ? keys[0] : keys, dataset: (note as PlanNote).dataset };
  };
  const heads = new BodyTable(connection, { name: "plans", times, fieldsOf });
  const pieces = new BodyTable(connection, { name: "plan_pieces", times });
  const metadata = new BodyTable(connection, { name: "metadata", times });
  const queries = new MongoQueries(connection, times);
  const tables = [partials, results, programs, heads, pieces, queries.table, metadata];

  async function plansOf(programKey: string): Promise<readonly string[]> {
    const filter = { programKey } as Filter<BodyDocument>;
    const call = () => heads.collection.find(filter, { projection: { _id: 1 } }).toArray();
    return (await connection.read("look for plans", call)).map(({ _id }) => _id);
  }

  const plans = new Plans({ heads, pieces, plansOf });
  const settled = async () => void (await Promise.all(tables.map((table) => table.settled())));

  async function removeUnused(): Promise<number> {
    const keys = [...pinned.keys()];
    await Promise.all([partials.renew(keys), results.renew(keys)]);
    for (const planKey of (await heads.describe(keys)).keys()) await renewAnswer(planKey, { plans, programs, results });
    await settled();
    const removed = await removeExpired(connection, now());
    if (removed > 0) bodyLimit.recount();
    return removed;
  }

  const removeAndSay = () =>
    removeUnused().then(
      (removed) => removed > 0 && log.info({ removed }, "records and bodies that nobody used for long were removed"),
      (error: unknown) => log.warn({ err: error }, "what nobody used for long could not be removed; trying again later"),
    );

  try {
    await connection.open(() => createIndexes(connection));
  } catch (error) {
    await connection.close();
    throw error;
  }
  // A random part, so that processes that start together do not remove together.
  const removing = setInterval(() => void removeAndSay(), writeInterval(times) * (0.75 + Math.random() / 4)).unref();

  return {
    ...createStore({ programs, plans, queries, partials, results, metadata, datasets: new DatasetTable(connection), pinned }),
    async reset() {
      await settled();
      await dropCollections(connection);
      bodyLimit.recount();
    },
    removeUnused,
    usage: () => bodyLimit.usage(),
    notReady: () => connection.notReady(),
    settled,
    ping: () => connection.ping(),
    async close() {
      clearInterval(removing);
      // Times of last use may be lost: they are not worth waiting for a server that is away.
      if (connection.notReady().length === 0) await Promise.race([settled(), delay(longestSettling, undefined, { ref: false })]);
      await connection.close();
    },
  };
}

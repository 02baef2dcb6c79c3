/**
 * Removes queries whose subtasks are all done or failed, and the interests in them. A query stays if one of its subtasks is alive, or if it was changed
 * meanwhile: queueing anything for a query changes its znode. Several processes may clear the same queries.
 *
 * If a query has few subtasks, the transaction itself proves that they are gone: it creates and removes each znode, and is refused if one exists.
 */

import { settleAll } from "../../../base/settle-all.ts";
import { create, type Operation, remove } from "../protocol/operations.ts";
import { isRefused } from "../protocol/zookeeper-error.ts";
import { type InterestName, subtaskPath } from "../znodes/layout.ts";
import type { QuerySegments, Segments } from "../znodes/segments.ts";
import type { ZooKeeper } from "../zookeeper.ts";
import { listInterests } from "./interests.ts";
import { findLiveSubtask, readFew } from "./query-life.ts";

export interface ClearOptions {
  readonly zookeeper: ZooKeeper;
  readonly segments: Segments;
  /** Called with a query that stays and one of its live subtasks. */
  readonly onAlive?: (query: string, hash: string) => void;
}

const mostCombined = 20;

/** Returns the queries that were changed meanwhile; they may still have to be cleared. */
export async function clearQueries(options: ClearOptions, queries: readonly string[]): Promise<readonly string[]> {
  const { zookeeper, segments } = options;
  // The interests are read last. Creating an interest also changes its query's znode, so an interest that is missing in this list changes the query after its
  // segments were listed, and the removal by version is refused.
  const looks = queries.map((query) => segments.list(zookeeper, query));
  const [interests, ...known] = await Promise.all([listInterests(zookeeper), ...looks]);
  const changed = await settleAll(
    queries.map(async (query, index) => {
      const found = { query, known: known[index], interests: interests.get(query) ?? [] };
      return (await clear(options, found)) ? [] : [query];
    }),
  );
  return changed.flat();
}

interface FoundQuery {
  readonly query: string;
  /** The query's segments; undefined if its znode does not exist. */
  readonly known: QuerySegments | undefined;
  readonly interests: readonly InterestName[];
}

/** Returns false if the query was changed meanwhile. */
async function clear({ zookeeper, segments, onAlive }: ClearOptions, { query, known, interests }: FoundQuery): Promise<boolean> {
  if (known === undefined && interests.length === 0) return true;
  const path = `${zookeeper.layout.queries}/${query}`;
  const old: readonly Operation[] =
    known === undefined
      ? // These are refused if the query exists after all.
        [create(path), remove(path)]
      : [...known.names.map((name) => remove(`${path}/${name}`)), { kind: "remove", path, version: known.version }];
  const removals = [...old, ...interests.map(({ name }) => remove(`${zookeeper.layout.interest}/${name}`))];
  const few = known && (await readFew(zookeeper, segments, known));
  for (let proof = proveAbsence(zookeeper, few ?? []); ; proof = []) {
    const alive = known && proof.length === 0 ? await findLiveSubtask(zookeeper, segments, known) : undefined;
    if (alive !== undefined) {
      onAlive?.(query, alive);
      return true;
    }
    const operations = [...proof, ...removals];
    try {
      await (operations.length <= mostCombined ? zookeeper.combiner.commit(operations) : zookeeper.session.commit(operations));
      return true;
    } catch (error) {
      if (!isRefused(error, "no-node", "not-empty", "bad-version", "node-exists")) throw error;
      if (error.index >= proof.length) return false;
      // One of the subtasks exists: it is alive or has failed.
    }
  }
}

function proveAbsence({ layout }: ZooKeeper, hashes: readonly string[]): readonly Operation[] {
  return hashes.flatMap((hash) => {
    const identity = subtaskPath(layout, hash);
    return [create(identity), remove(identity)];
  });
}

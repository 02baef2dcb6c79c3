/**
 * The store of one process, on its own disk (LMDB).
 *
 * Promises what `store.ts` does; a resolved put also survives a power cut, as far as the disk keeps what it acknowledged. One process at a time has
 * the directory; another is refused. Partials and results share one bound in bytes; programs, plans and queries share a second, smaller one, and what was read of files
 * has a third. What was not used for longest goes first, unless it is pinned. With `keep`, everything goes that nobody used for so long.
 * The file on disk never shrinks, and is up to about twice the bounds: LMDB stores whole pages of 4 kB.
 */
import { clearInterval, setInterval } from "node:timers";
import type { Log } from "../../base/log.ts";
import { createStore } from "../create-store.ts";
import { PinnedKeys } from "../pinned-keys.ts";
import { type PlanNote, Plans } from "../plans.ts";
import { type NewPartial, programsOf, type Store } from "../store.ts";
import { BoundedTable } from "./bounded-table.ts";
import { DatasetTable } from "./dataset-table.ts";
import { type Environment, type EnvironmentOptions, openEnvironment } from "./environment.ts";
import { EmbeddedQueries } from "./query-table.ts";
import { TableView } from "./table-view.ts";

/** An environment that others may share, or the directory of one that the store has for itself. */
export type StoreOptions = StoreLimits & ({ readonly environment: Environment } | Pick<EnvironmentOptions, "directory">);

export interface StoreLimits {
  /** Bytes of partials and results. */
  readonly limit?: number;
  /** Bytes of programs, plans and queries. */
  readonly recordLimit?: number;
  /** Bytes of what was read of files. */
  readonly metadataLimit?: number;
  /** Milliseconds from last access to removal, which is checked every hour or so; never where absent. */
  readonly keep?: number;
  readonly log?: Log;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

const hour = 3_600_000;

export interface EmbeddedStore extends Store {
  /** Why nothing can be stored now; empty where it can. */
  notReady(): readonly string[];
}

/** Closing the store closes the environment. Throws `StoreError` for a directory that is in use, foreign, damaged or not writable. */
export async function openStore(options: StoreOptions): Promise<EmbeddedStore> {
  const isShared = "environment" in options;
  const environment = isShared ? options.environment : await openEnvironment(options);
  try {
    return openTables(environment, options, isShared);
  } catch (error) {
    await environment.close();
    throw error;
  }
}

function openTables(environment: Environment, options: StoreLimits, isShared: boolean): EmbeddedStore {
  const { limit = 2 * 1024 ** 3, recordLimit = 256 * 1024 ** 2, metadataLimit = recordLimit, keep, log, now = Date.now } = options;
  const { directory } = environment;
  const pinned = new PinnedKeys();
  const open = (name: string, limit: number) =>
    new BoundedTable(environment, {
      name,
      limit,
      now,
      /** Keys are KIND:KEY; KEY is what callers pin. */
      isPinned: (key) => pinned.has(key.slice(key.indexOf(":") + 1)),
      onUnwritten: (error) => log?.warn({ directory, err: error }, "times of last use could not be written"),
    });
  const bodies = open("bodies", limit);
  const records = open("records", recordLimit);
  const metadata = open("metadata", metadataLimit);
  const datasets = new DatasetTable(environment);
  const partials = new TableView(bodies, "partial:");
  const heads = new TableView(records, "plan:");

  async function plansOf(programKey: string): Promise<readonly string[]> {
    const found: string[] = [];
    for await (const { key, note } of heads.scan()) {
      if (programsOf(note as PlanNote).some((each) => each.programKey === programKey)) found.push(key);
    }
    return found;
  }

  async function removeUnused(): Promise<number> {
    if (keep === undefined) return 0;
    const before = now() - keep;
    return (await bodies.removeUnused(before)) + (await records.removeUnused(before)) + (await metadata.removeUnused(before));
  }

  const failed = (error: unknown) =>
    log?.warn({ directory, err: error }, "what nobody used for long could not be removed; trying again later");
  const removing = setInterval(() => void removeUnused().catch(failed), Math.min(hour, (keep ?? hour) / 4)).unref();

  return {
    ...createStore({
      programs: new TableView(records, "program:"),
      // `piece N:KEY`: a plan that is pinned has its pieces pinned.
      plans: new Plans({ heads, pieces: new TableView(records, "piece "), plansOf }),
      queries: new EmbeddedQueries(new TableView(records, "query:"), now),
      partials,
      results: new TableView(bodies, "result:"),
      metadata: new TableView(metadata, "metadata:"),
      datasets,
      pinned,
    }),
    ...(isShared && { putPartialsWithin: (all: readonly NewPartial[]) => partials.insertWithin(all) }),
    async reset() {
      await Promise.all([bodies, records, metadata, datasets].map((table) => table.clear()));
    },
    removeUnused,
    usage: async () => bodies.usage(),
    notReady: () => environment.notReady(),
    close() {
      clearInterval(removing);
      return environment.close();
    },
  };
}

/**
 * The store of one process, on its own disk (LMDB).
 *
 * Guarantees: those of `store.ts`; a resolved put also survives a power cut, if the disk keeps what it acknowledged. One process at a time owns
 * the directory; others are refused. Partials and results share one bound in bytes, programs, plans and queries a second, smaller one, and metadata of files
 * has a third. The least recently used bodies are evicted first, unless they are pinned. Whatever was not used for `keep` is removed.
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

/** Either an environment that others may share, or the directory for an environment of the store's own. */
export type StoreOptions = StoreLimits & ({ readonly environment: Environment } | Pick<EnvironmentOptions, "directory">);

export interface StoreLimits {
  /** The most bytes of partials and results. */
  readonly limit?: number;
  /** The most bytes of programs, plans and queries. */
  readonly recordLimit?: number;
  /** The most bytes of files' metadata. */
  readonly metadataLimit?: number;
  /** The milliseconds from last access to removal, which is checked about every hour; never if absent. */
  readonly keep?: number;
  readonly log?: Log;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

const hour = 3_600_000;

export interface EmbeddedStore extends Store {
  /** Why nothing can be stored now; empty if the store is ready. */
  notReady(): readonly string[];
}

/** Opens the store. Closing it closes the environment. Throws `StoreError` for a directory that is in use, foreign, damaged or not writable. */
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
      /** Keys have the form KIND:KEY, and callers pin KEY. */
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
      // The keys of pieces are `piece N:KEY`, so pinning a plan also pins its pieces.
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

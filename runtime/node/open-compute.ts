/**
 * Opens the computing half of a process: the executor that runs programs, and the loop that claims subtasks for it. Programs run either here, on threads
 * with columns in shared memory, or by the compute function at a URL; then this process claims and saves, and another host computes.
 */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Log } from "../../base/log.ts";
import type { Coordinator } from "../../coordination/coordinator.ts";
import type { HeldPartition } from "../../coordination/queue/holdings.ts";
import { ColumnCache } from "../../datasets/cache/column-cache.ts";
import { DiskTier } from "../../datasets/cache/disk/disk-tier.ts";
import type { LoadedBounds } from "../../datasets/cache/loaded-bounds.ts";
import { createSlabs, type Slab } from "../../datasets/cache/slab.ts";
import type { Catalogue } from "../../datasets/dataset.ts";
import type { Executor } from "../../functions/compute/executor.ts";
import type { Meter } from "../../functions/metrics/meter.ts";
import type { Store } from "../../storage/store.ts";
import type { Config } from "../start/config/config.ts";
import { StartError } from "../start/start-error.ts";
import { WorkerPool } from "../threads/worker-pool.ts";
import { createExecutor } from "./executor.ts";
import { createFetchWithin } from "./fetch-within.ts";
import { ProgramCache } from "./program-cache.ts";
import { type PullLoop, startPullLoop } from "./pull-loop.ts";
import { createRemoteExecutor } from "./remote-executor.ts";

interface ComputeOptions {
  readonly config: Pick<Config, "threads" | "memory" | "diskCache" | "mostCompute" | "computeSecret" | "task">;
  readonly store: Store;
  readonly log: Log;
  readonly meter?: Meter;
}

export interface RemoteCompute {
  notReady(): readonly string[];
  /** Joins as a node and starts to claim subtasks. */
  pull(coordinator: Coordinator): Promise<PullLoop>;
}

export interface Compute {
  readonly workers: WorkerPool;
  /** The memory for columns. */
  readonly slabs: readonly Slab[];
  /** Must be called when others have freed memory in the slabs. */
  readonly admitWaiting: () => void;
  notReady(): readonly string[];
  /** Makes what computes over the partitions of this catalogue. */
  over(catalogue: Catalogue): {
    readonly executor: Executor;
    /** Joins as a node and starts to claim subtasks. `replacement`, for tests, runs them instead of the executor. */
    readonly pull: (coordinator: Coordinator, replacement?: Executor) => Promise<PullLoop>;
  };
}

/** The number of bundles of claims beyond the number of threads: they load while others compute. */
const claimsAhead = 2;
/** The longest time in milliseconds, and the most bytes, of an answer of the compute function at a URL. */
const longestAnswer = 1_800_000;
const largestAnswer = 512 * 2 ** 20;

/** Opens computing on the threads of this process. `bounds` is told the bounds of loaded columns. */
export function openCompute({ config, store, bounds, log, meter }: ComputeOptions & { readonly bounds: LoadedBounds }): Compute {
  const { threads, mostCompute, task } = config;
  // Newcomers have twice as many slots: their queries are mostly short, and many may arrive while long queries take all other slots.
  const slots = { anybody: threads + claimsAhead, newcomers: 2 * (threads + claimsAhead) };
  const slabs = reserve(config.memory);
  const { diskCache } = config;
  const disk = diskCache && new DiskTier({ directory: diskCache.directory, limit: diskCache.bytes, log });
  const workers = new WorkerPool({
    disk,
    bounds,
    threads,
    mostCompute,
    spareAfter: 3_000,
    // One thread for each bundle that may compute for long, and one that loads for the next client.
    mostThreads: slots.anybody + slots.newcomers + 1,
    memories: slabs.map(({ memory }) => memory),
    log,
    ...(meter && { meter }),
  });
  const cache = new ColumnCache({ slabs, load: workers.load });
  meter?.gauge("femtoq_cache_bytes", () => cache.usage.bytes);
  meter?.gauge("femtoq_cache_limit_bytes", () => cache.usage.limit);
  meter?.gauge("femtoq_known_bounds", () => bounds.size);
  meter?.gauge("femtoq_disk_cache_bytes", () => disk?.bytes ?? 0);
  meter?.gauge("femtoq_disk_cache_limit_bytes", () => disk?.limit ?? 0);
  meter?.gauge("femtoq_workers", () => ({ busy: workers.busy, idle: workers.alive - workers.busy }));

  return {
    workers,
    slabs,
    admitWaiting: () => cache.admitWaiting(),
    notReady: () => (workers.alive > 0 ? [] : ["no worker thread is up"]),
    over(catalogue) {
      const programs = new ProgramCache({ store });
      const executor = createExecutor({ catalogue, programs, cache, disk, workers, threads, log, ...(meter && { meter }) });
      return {
        executor,
        async pull(coordinator, replacement) {
          const own = { id: randomUUID(), host: hostname(), threads, cacheLimit: cache.usage.limit, ...(task !== undefined && { task }) };
          return startPullLoop({
            node: await coordinator.join(own),
            executor: replacement ?? executor,
            store,
            slots,
            prefers: (subtask) => executor.holds(subtask),
            prepare: ({ programKey }) => programs.prepare(programKey),
            cacheBytes: () => cache.usage.bytes,
            held: () => heldIn(cache, disk),
            log,
            name: `${own.host}/${own.id.slice(0, 8)}`,
            ...(meter && { meter }),
          });
        },
      };
    },
  };
}

/** Opens computing by the function at a URL, as a node with as many threads as requests may be under way at a time. */
export function openRemoteCompute({ config, url, store, log, meter }: ComputeOptions & { readonly url: string }): RemoteCompute {
  const { threads, computeSecret: secret, task } = config;
  const fetch = createFetchWithin({ timeout: longestAnswer, mostBytes: largestAnswer });
  const fetchSoon = createFetchWithin({ timeout: 10_000, mostBytes: 2 ** 20 });
  const executor = createRemoteExecutor({ url, secret, fetch, fetchSoon, log });
  const host = `${hostname()} for ${new URL(url).host}`;
  return {
    notReady: () => executor.notReady(),
    pull: async (coordinator) =>
      startPullLoop({
        node: await coordinator.join({ id: randomUUID(), host, threads, cacheLimit: 0, ...(task !== undefined && { task }) }),
        executor,
        store,
        slots: { anybody: threads, newcomers: threads + claimsAhead },
        prefers: () => false,
        cacheBytes: () => 0,
        log,
        ...(meter && { meter }),
      }),
  };
}

/** The columns that this node holds in memory, then those in its cache on the disk. */
function* heldIn({ partitions }: ColumnCache, disk: DiskTier | undefined): Generator<HeldPartition> {
  for (const { fingerprint, names } of partitions) yield { fingerprint, columns: names };
  for (const fingerprint of disk?.fingerprints ?? []) yield { fingerprint, columns: disk!.columnsOf(fingerprint) };
}

function reserve(bytes: number): readonly Slab[] {
  try {
    return createSlabs(bytes);
  } catch (error) {
    throw new StartError("Cannot reserve memory for columns: the system refuses it; choose less with --memory", { cause: error });
  }
}

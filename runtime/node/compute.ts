/** The computing half of a process: threads, their shared memory, the columns in it, and the loop that pulls subtasks. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Log } from "../../base/log.ts";
import type { Coordinator } from "../../coordination/coordinator.ts";
import type { HeldPartition } from "../../coordination/scheduling/holdings.ts";
import { ColumnCache } from "../../datasets/cache/column-cache.ts";
import { createSlabs, type Slab } from "../../datasets/cache/slab.ts";
import type { Catalogue } from "../../datasets/dataset.ts";
import type { Meter } from "../../functions/metrics/meter.ts";
import type { Executor } from "../../functions/services.ts";
import type { Store } from "../../storage/store.ts";
import type { Config } from "../start/config.ts";
import { StartError } from "../start/start-error.ts";
import { WorkerPool } from "../threads/worker-pool.ts";
import { createExecutor } from "./executor.ts";
import { createInvoke, type Fetch, RunningNotices } from "./invoke-compute.ts";
import { ProgramCache } from "./program-cache.ts";
import { type PullLoop, startPullLoop } from "./pull-loop.ts";

export interface Compute {
  readonly workers: WorkerPool;
  notReady(): readonly string[];
  over(catalogue: Catalogue): {
    readonly executor: Executor;
    /** Joins as a node and starts to pull; `compute` answers the compute function's requests. */
    readonly pull: (coordinator: Coordinator, compute: Fetch) => Promise<PullLoop>;
  };
}

/** Claims beyond the threads: they load while the others compute. */
const claimsAhead = 2;

export function openCompute(options: {
  readonly config: Config;
  readonly store: Store;
  readonly log: Log;
  readonly meter?: Meter;
}): Compute {
  const { config, store, log, meter } = options;
  const { threads } = config;
  const slabs = reserve(config.memory);
  const workers = new WorkerPool({ threads, memories: slabs.map(({ memory }) => memory), log, ...(meter && { meter }) });
  const cache = new ColumnCache({ slabs, load: workers.load });
  meter?.gauge("femtoq_cache_bytes", () => cache.usage.bytes);
  meter?.gauge("femtoq_cache_limit_bytes", () => cache.usage.limit);
  meter?.gauge("femtoq_workers", () => ({ busy: workers.busy, idle: workers.alive - workers.busy }));

  return {
    workers,
    notReady: () => (workers.alive > 0 ? [] : ["no worker thread is up"]),
    over(catalogue) {
      const notices = new RunningNotices();
      const programs = new ProgramCache({ store });
      const local = createExecutor({ catalogue, programs, cache, workers, ...(meter && { meter }) });
      return {
        executor: notices.over(local),
        async pull(coordinator, compute) {
          const node = { id: randomUUID(), host: hostname(), threads, cacheLimit: cache.usage.limit };
          return startPullLoop({
            membership: await coordinator.join(node),
            invoke: createInvoke(compute, notices),
            store,
            slots: threads + claimsAhead,
            prefers: (subtask) => local.holds(subtask),
            prepare: ({ programKey }) => programs.prepare(programKey),
            cacheBytes: () => cache.usage.bytes,
            held: () => heldIn(cache),
            log,
            name: `${node.host}/${node.id.slice(0, 8)}`,
            ...(meter && { meter }),
          });
        },
      };
    },
  };
}

function* heldIn({ partitions }: ColumnCache): Generator<HeldPartition> {
  for (const { fingerprint, names } of partitions) yield { fingerprint, columns: names };
}

function reserve(bytes: number): readonly Slab[] {
  try {
    return createSlabs(bytes);
  } catch (error) {
    throw new StartError("Cannot reserve memory for columns: the system refuses it; choose less with --memory", { cause: error });
  }
}

/**
 * Runs programs over partitions on the threads of this process: program from the store, columns from the cache or the files.
 *
 * Promises: rejects with `DatasetError` for data that cannot be used and with the signal's reason, within 200 ms, when aborted; what it
 * held is free when it settles, except that a thread finishes the column it is decoding. Keeps the signal's and its own errors apart.
 */
import type { ColumnCache, Lease } from "../datasets/column-cache.ts";
import { type Catalogue, DatasetError } from "../datasets/dataset.ts";
import { RunStopped, ScratchExhausted, workBytes } from "../engine/run-program.ts";
import { HttpProblem } from "../functions/problem.ts";
import type { ComputeTask, Executor } from "../functions/services.ts";
import { createPartitionFinder } from "./find-partition.ts";
import type { ProgramCache, ReadyProgram } from "./program-cache.ts";
import type { WorkerPool } from "./worker-pool.ts";
import { WorkerCrashed } from "./worker-thread.ts";

export interface LocalExecutor extends Executor {
  /** Whether the columns that the task needs are in memory; false for a program that never ran here. */
  holds(task: Pick<ComputeTask, "programKey" | "fingerprint">): boolean;
}

const scratchStep = 16;
const mostScratch = 256 * 2 ** 20;

export function createExecutor(options: {
  readonly catalogue: Catalogue;
  readonly programs: ProgramCache;
  readonly cache: ColumnCache;
  readonly workers: Pick<WorkerPool, "run">;
}): LocalExecutor {
  const { catalogue, programs, cache, workers } = options;
  const partitions = createPartitionFinder(catalogue);

  return {
    holds({ programKey, fingerprint }) {
      const ready = programs.peek(programKey);
      return ready !== undefined && cache.holds(fingerprint, ready.program.inputs);
    },

    async run(task, { signal, onRunning }) {
      const ready = await programs.get(task.programKey);
      for (;;) {
        const scratch = ready.scratchBytes;
        try {
          return await runOnce({ task, ready, scratch, signal, onRunning });
        } catch (error) {
          signal.throwIfAborted();
          if (!(error instanceof ScratchExhausted)) throw error;
          if (scratch >= mostScratch) throw scratchRefused(task);
          ready.scratchBytes = Math.max(ready.scratchBytes, Math.min(mostScratch, scratch * scratchStep));
        }
      }
    },
  };

  async function runOnce({ task, ready, scratch, signal, onRunning }: Attempt): Promise<Uint8Array<ArrayBuffer>> {
    const { partition, broken } = await partitions.find(task);
    let lease: Lease | undefined;
    let addresses: readonly number[];
    try {
      const columns = await Promise.all(ready.columns.map((name) => catalogue.locate(task.dataset, partition, name)));
      // A program without columns is the only one that comes here with a broken file.
      if (broken !== undefined) throw new DatasetError(broken, { permanent: false });
      const bytes = workBytes(ready.program, scratch);
      const leased = await cache.lease({ fingerprint: task.fingerprint, columns, workBytes: bytes, signal });
      lease = leased;
      addresses = ready.program.inputs.map((input) => leased.address(input));
    } catch (error) {
      lease?.release();
      partitions.doubt(task.dataset);
      throw error;
    }
    try {
      onRunning?.();
      return await compute({ ready, lease, entries: partition.entries, addresses, signal });
    } finally {
      lease.release();
    }
  }

  async function compute({ ready, lease, entries, addresses, signal }: Computation): Promise<Uint8Array<ArrayBuffer>> {
    const { slab, work } = lease;
    const stopFlag = new Int32Array(slab.memory.buffer, work.address, 1);
    Atomics.store(stopFlag, 0, 0);
    const job = { kind: "run", programKey: ready.programKey, slab: slab.id, entries, addresses, work } as const;
    const running = workers.run(job, ready);
    const stop = () => {
      if (!running.cancel()) Atomics.store(stopFlag, 0, 1);
    };
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    try {
      return await running.done;
    } catch (error) {
      if (error instanceof RunStopped) signal.throwIfAborted();
      if (error instanceof WorkerCrashed) throw new HttpProblem(503, "worker-crashed", error.message);
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }
}

interface Attempt {
  readonly task: ComputeTask;
  readonly ready: ReadyProgram;
  readonly scratch: number;
  readonly signal: AbortSignal;
  readonly onRunning: (() => void) | undefined;
}

interface Computation {
  readonly ready: ReadyProgram;
  readonly lease: Lease;
  readonly entries: number;
  readonly addresses: readonly number[];
  readonly signal: AbortSignal;
}

function scratchRefused({ dataset, partition }: ComputeTask): DatasetError {
  const mebibytes = mostScratch / 2 ** 20;
  return new DatasetError(
    `One event of partition ${partition} of ${dataset} needs more than ${mebibytes} MiB for its intermediate lists; filter them before combining`,
    { permanent: true },
  );
}

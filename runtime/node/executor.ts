/**
 * Runs programs over partitions on the threads of this process: program from the store, columns from the cache or the files.
 *
 * Promises: rejects with `DatasetError` for data that cannot be used and with the signal's reason, within 200 ms, when aborted; what it
 * held is free when it settles, except that a thread finishes the column it is decoding. Keeps the signal's and its own errors apart.
 */
import type { Subtask } from "../../coordination/coordinator.ts";
import type { ColumnCache, Lease } from "../../datasets/cache/column-cache.ts";
import { formsOf } from "../../datasets/cache/column-form.ts";
import { type Catalogue, DatasetError } from "../../datasets/dataset.ts";
import { RunStopped, ScratchExhausted, workBytes } from "../../engine/run/run-program.ts";
import type { ComputeTiming } from "../../functions/compute/timing.ts";
import { HttpProblem } from "../../functions/http/problem.ts";
import type { Meter } from "../../functions/metrics/meter.ts";
import type { ComputeTask, Executor, RunOptions } from "../../functions/services.ts";
import type { WorkerPool } from "../threads/worker-pool.ts";
import { WorkerCrashed } from "../threads/worker-thread.ts";
import { createPartitionFinder } from "./find-partition.ts";
import type { ProgramCache, ReadyProgram } from "./program-cache.ts";

export interface LocalExecutor extends Executor {
  /** Whether the columns that the task needs are in memory; false where nobody says which, for a program that never ran here. */
  holds(task: Pick<Subtask, "programKey" | "fingerprint" | "columns">): boolean;
}

const scratchStep = 16;
const mostScratch = 256 * 2 ** 20;

export function createExecutor(options: {
  readonly catalogue: Catalogue;
  readonly programs: ProgramCache;
  readonly cache: ColumnCache;
  readonly workers: Pick<WorkerPool, "run">;
  readonly meter?: Meter;
}): LocalExecutor {
  const { catalogue, programs, cache, workers, meter } = options;
  const partitions = createPartitionFinder(catalogue);

  return {
    holds({ programKey, fingerprint, columns }) {
      if (columns !== undefined) return cache.holdsNamed(fingerprint, columns);
      const ready = programs.peek(programKey);
      return ready !== undefined && cache.holds(fingerprint, ready.program.inputs);
    },

    async run(task, { signal, onRunning, onTimed }) {
      const times = { compiling: 0, loading: 0, reading: 0, decoding: 0, thread: 0, computing: 0, bytes: 0 };
      const ready = await timed(times, "compiling", () => programs.get(task.programKey));
      for (;;) {
        const scratch = ready.scratchBytes;
        try {
          const partial = await runOnce({ task, ready, scratch, signal, onRunning, times });
          onTimed?.(times);
          return partial;
        } catch (error) {
          signal.throwIfAborted();
          if (!(error instanceof ScratchExhausted)) throw error;
          if (scratch >= mostScratch) throw scratchRefused(task);
          ready.scratchBytes = Math.max(ready.scratchBytes, Math.min(mostScratch, scratch * scratchStep));
        }
      }
    },
  };

  async function runOnce({ task, ready, scratch, signal, onRunning, times }: Attempt): Promise<Uint8Array<ArrayBuffer>> {
    const begun = performance.now();
    const { partition, broken } = await partitions.find(task);
    let lease: Lease | undefined;
    let addresses: readonly number[];
    try {
      const forms = formsOf(ready.program.inputs);
      const columns = await Promise.all(ready.columns.map((name) => catalogue.locate(task.dataset, partition, name, forms.get(name))));
      // A program without columns is the only one that comes here with a broken file.
      if (broken !== undefined) throw new DatasetError(broken, { permanent: false });
      const bytes = workBytes(ready.program, scratch);
      const leased = await cache.lease({ fingerprint: task.fingerprint, columns, workBytes: bytes, signal });
      lease = leased;
      addresses = ready.program.inputs.map((input) => leased.address(input));
      addLoading(times, leased, performance.now() - begun);
      meter?.count("femtoq_columns_total", "files", leased.loaded.columns);
      meter?.count("femtoq_columns_total", "memory", columns.length - leased.loaded.columns);
    } catch (error) {
      lease?.release();
      partitions.doubt(task.dataset);
      throw error;
    }
    try {
      onRunning?.();
      return await compute({ ready, lease, entries: partition.entries, addresses, signal, times });
    } finally {
      lease.release();
    }
  }

  async function compute({ ready, lease, entries, addresses, signal, times }: Computation): Promise<Uint8Array<ArrayBuffer>> {
    const { slab, work } = lease;
    const stopFlag = new Int32Array(slab.memory.buffer, work.address, 1);
    Atomics.store(stopFlag, 0, 0);
    const job = { kind: "run", programKey: ready.programKey, slab: slab.id, entries, addresses, work } as const;
    const submitted = performance.now();
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
      const ended = performance.now();
      const begun = running.begun() ?? ended;
      times.thread += begun - submitted;
      times.computing += ended - begun;
    }
  }
}

type Times = { -readonly [Figure in keyof ComputeTiming]: ComputeTiming[Figure] };

async function timed<T>(times: Times, phase: keyof Times, work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  const result = await work();
  times[phase] += performance.now() - begun;
  return result;
}

function addLoading(times: Times, { loaded }: Lease, elapsed: number): void {
  times.loading += elapsed;
  times.reading += loaded.reading;
  times.decoding += loaded.decoding;
  times.bytes += loaded.bytes;
}

interface Attempt {
  readonly task: ComputeTask;
  readonly ready: ReadyProgram;
  readonly scratch: number;
  readonly signal: AbortSignal;
  readonly onRunning: RunOptions["onRunning"];
  readonly times: Times;
}

interface Computation {
  readonly ready: ReadyProgram;
  readonly lease: Lease;
  readonly entries: number;
  readonly addresses: readonly number[];
  readonly signal: AbortSignal;
  readonly times: Times;
}

function scratchRefused({ dataset, partition }: ComputeTask): DatasetError {
  const mebibytes = mostScratch / 2 ** 20;
  return new DatasetError(
    `One event of partition ${partition} of ${dataset} needs more than ${mebibytes} MiB for its intermediate lists; filter them before combining`,
    { permanent: true },
  );
}

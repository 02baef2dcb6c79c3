/** Runs one job on one thread: programs over leased columns, one after another, each after loading what it lacks, or in one pass. */
import type { Block } from "../../datasets/cache/slab.ts";
import type { Payer } from "../../functions/compute/executor.ts";
import type { ToLoadBefore } from "../threads/loads-before.ts";
import type { ProgramOutcome } from "../threads/worker-messages.ts";
import type { WorkerPool } from "../threads/worker-pool.ts";
import type { ReadyProgram } from "./program-cache.ts";
import type { Times } from "./run-times.ts";

export interface ThreadRun {
  readonly ready: ReadyProgram;
  /** The number of the slab that has its columns and its work area. */
  readonly slab: number;
  /** The number of events of its partition. */
  readonly entries: number;
  /** The byte address of each of the program's inputs. */
  readonly addresses: readonly number[];
  /** Its work area. The work areas of programs over one partition follow one another. The address is a multiple of 16. */
  readonly work: Block;
  /** The columns that must be loaded first, if any. */
  readonly lacks?: ToLoadBefore | undefined;
  readonly signal: AbortSignal;
  readonly times: Times;
}

export interface ThreadJob {
  readonly payer: Payer;
  /** Whether all programs run in one pass over one partition, with all their work areas as one. It stops when all are aborted; a failure is the outcome of all. */
  readonly isTogether?: boolean;
}

/**
 * Returns one outcome for each run, and adds to its times. Each run has its own work area with its own stop flag: a program whose signal
 * aborts is stopped within about 30 ms, and the next one begins. Rejects with `WorkerCrashed`, or with `RunStopped` if all were aborted before a
 * thread began. Settles once no thread uses the memory any more.
 */
export async function runOnThread(
  workers: Pick<WorkerPool, "run">,
  { payer, isTogether = false }: ThreadJob,
  runs: readonly ThreadRun[],
): Promise<readonly ProgramOutcome[]> {
  const whole = { address: runs[0]!.work.address, bytes: runs.reduce((sum, { work }) => sum + work.bytes, 0) };
  const programs = runs.map(({ ready: { programKey }, slab, entries, addresses, work }) => ({
    programKey,
    slab,
    entries,
    addresses,
    work: isTogether ? whole : work,
  }));
  const submitted = performance.now();
  const running = workers.run(
    { kind: "run", programs, isTogether },
    runs.map(({ ready }) => ready),
    { payer, lacking: runs.map(({ lacks }) => lacks) },
  );
  const stop = () => {
    if (runs.every(({ signal }) => signal.aborted) && running.cancel()) return;
    for (const [index, { signal }] of runs.entries()) if (signal.aborted) running.stop(index);
  };
  for (const { signal } of runs) signal.addEventListener("abort", stop);
  stop();
  try {
    const outcomes = await running.done;
    let waited = running.begun()! - submitted;
    for (const [index, { times }] of runs.entries()) {
      const { milliseconds, loading = 0 } = outcomes[index]!;
      times.thread += waited;
      times.loading += loading;
      times.computing += milliseconds;
      if (!isTogether) waited += loading + milliseconds;
    }
    return outcomes;
  } finally {
    for (const { signal } of runs) signal.removeEventListener("abort", stop);
  }
}

/** One job of one thread: programs, one after another or in one pass, over columns that are leased. */
import type { Lease } from "../../datasets/cache/lease.ts";
import type { Payer } from "../../functions/compute/executor.ts";
import type { ProgramOutcome } from "../threads/worker-messages.ts";
import type { WorkerPool } from "../threads/worker-pool.ts";
import type { ReadyProgram } from "./program-cache.ts";
import type { Times } from "./run-times.ts";

export interface ThreadRun {
  readonly ready: ReadyProgram;
  /** Byte address of each of the program's inputs. */
  readonly addresses: readonly number[];
  /** Of the work area, which has as many for each of the programs. A multiple of 16. */
  readonly workBytes: number;
  readonly signal: AbortSignal;
  readonly times: Times;
}

export interface ThreadJob {
  readonly lease: Lease;
  readonly entries: number;
  readonly payer: Payer;
  /** All in one pass, which has the whole work area: it is stopped when all are aborted, and what goes wrong is the outcome of all. */
  readonly isTogether?: boolean;
}

/**
 * One outcome for each of the runs; adds to their times. Each has its own part of the work area, and with it its own stop flag: a program whose signal
 * aborts is stopped within 30 ms or so, and the next one begins. Rejects with `WorkerCrashed`, and with `RunStopped` where all were aborted before a
 * thread began. Settles when no thread uses the memory any more.
 */
export async function runOnThread(
  workers: Pick<WorkerPool, "run">,
  { lease: { slab, work }, entries, payer, isTogether = false }: ThreadJob,
  runs: readonly ThreadRun[],
): Promise<readonly ProgramOutcome[]> {
  let { address } = work;
  const programs = runs.map(({ ready, addresses, workBytes }) => {
    const area = isTogether ? work : { address, bytes: workBytes };
    const program = { programKey: ready.programKey, slab: slab.id, entries, addresses, work: area };
    address += workBytes;
    return program;
  });
  const submitted = performance.now();
  const running = workers.run(
    { kind: "run", programs, isTogether },
    runs.map(({ ready }) => ready),
    payer,
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
      const { milliseconds } = outcomes[index]!;
      times.thread += waited;
      times.computing += milliseconds;
      if (!isTogether) waited += milliseconds;
    }
    return outcomes;
  } finally {
    for (const { signal } of runs) signal.removeEventListener("abort", stop);
  }
}

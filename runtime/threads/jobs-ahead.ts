/**
 * Which runs are posted ahead to the threads that compute, so that a thread has its next one without a turn of the main thread's event loop.
 *
 * Promises: the order of turns is kept. What is posted ahead are the runs whose turns are next, as far as these are of one query: which of them comes first
 * makes no difference. All others wait for a thread that is free, and go before what is posted ahead where their turn is next by then. A run that is
 * posted ahead waits in the queue until its thread begins it: whichever thread is free before takes it.
 */
import { type QueuedJob, takeBack } from "./job-queues.ts";
import type { RunJob } from "./worker-messages.ts";

export interface AheadThread {
  readonly hasAhead: boolean;
  postAhead(job: RunJob, programs: NonNullable<QueuedJob["programs"]>): void;
  takeBack(): boolean;
}

/** `computing`: the threads whose run has its turn, which the next run takes over. `waiting`: the runs that wait, those first whose turn is next. */
export function postAhead(computing: readonly AheadThread[], waiting: readonly QueuedJob[]): void {
  const [first] = waiting;
  if (!first) return;
  const others = waiting.findIndex((job) => !isAlike(job, first));
  const next = waiting.slice(0, Math.min(computing.length, others < 0 ? waiting.length : others));
  for (const job of waiting.slice(next.length)) takeBack(job);
  const free = computing.filter(({ hasAhead }) => !hasAhead);
  for (const job of next) {
    if (job.ahead) continue;
    const thread = free.shift();
    if (!thread) return;
    job.ahead = thread;
    thread.postAhead(job.job as RunJob, job.programs!);
  }
}

const isAlike = ({ run: a }: QueuedJob, { run: b }: QueuedJob): boolean => a!.payer.client === b!.payer.client && a!.query === b!.query;

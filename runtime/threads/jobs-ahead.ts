/**
 * Decides which runs are posted ahead to the threads that compute, so that a thread can begin its next run without waiting for the main thread.
 *
 * Guarantees: the order of turns is kept. Only runs whose turns are next, and that are all of one query, are posted ahead, since their order does not
 * matter. All others wait for a free thread, and go before those posted ahead if their turn is next by then. A run that is posted ahead also stays in
 * the queue until its thread begins it, so a thread that is free earlier takes it.
 */
import { type QueuedJob, takeBack } from "./job-queues.ts";
import type { RunJob } from "./worker-messages.ts";

export interface AheadThread {
  readonly hasAhead: boolean;
  postAhead(job: RunJob, programs: NonNullable<QueuedJob["programs"]>): void;
  takeBack(): boolean;
}

/** `computing` are the threads whose run has its turn; the next run takes over that turn. `waiting` are the waiting runs in the order of their turns. */
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

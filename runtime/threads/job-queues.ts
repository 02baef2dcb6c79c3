/** The jobs that wait for a thread: programs in the order of their turns; columns to load, then files of the demo dataset, in order of arrival. */
import { RunStopped } from "../../engine/run/run-program.ts";
import type { ReadyProgram } from "../node/program-cache.ts";
import type { BegunRun } from "./begun-run.ts";
import type { Contender, Turns } from "./fair-turns.ts";
import type { LoadsBefore } from "./loads-before.ts";
import type { FromWorker, Job } from "./worker-messages.ts";

/** A job that waits for a thread or is on one. */
export interface QueuedJob {
  readonly job: Job;
  /** The programs that the thread must know before it can do the job. */
  readonly programs?: readonly ReadyProgram[];
  /** Present for a job that runs programs. */
  readonly run?: QueuedRun;
  /** When a thread began it, by `performance.now()`. */
  begun?: number;
  /** The thread to which it is posted ahead. Until that thread begins it, the job still waits and may be given to another one. */
  ahead?: { takeBack(): boolean } | undefined;
  /** For a load on a thread: when the last one who waited for it gave up. */
  aborted?: number;
  readonly resolve: (answer: FromWorker) => void;
  readonly reject: (error: unknown) => void;
}

export interface QueuedRun extends Contender {
  readonly governed: BegunRun;
  readonly loads: LoadsBefore;
  isFresh: boolean;
  /** The milliseconds that were charged for it so far. */
  charged: number;
}

export class JobQueues {
  readonly #queues: Readonly<Record<Job["kind"], QueuedJob[]>> = { run: [], load: [], demo: [] };
  readonly #turns: Turns;

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  add(job: QueuedJob): void {
    this.#queues[job.job.kind].push(job);
  }

  /** Removes a job; returns whether it was waiting. A job that is posted ahead now belongs to its thread. */
  remove(job: QueuedJob): boolean {
    const queue = this.#queues[job.job.kind];
    const at = queue.indexOf(job);
    if (at >= 0) queue.splice(at, 1);
    return at >= 0;
  }

  /** Cancels a job that no thread has begun; it then rejects with `RunStopped`. Returns false if the job does not wait any more. */
  cancel(job: QueuedJob): boolean {
    if (!takeBack(job) || !this.remove(job)) return false;
    job.reject(new RunStopped("cancelled before a thread began"));
    return true;
  }

  /** Takes the job that a thread should do next. */
  take({ mayRun }: { readonly mayRun: boolean }): QueuedJob | undefined {
    const { run, load, demo } = this.#queues;
    // A run that its thread begins at this moment cannot be taken back.
    for (const next of mayRun ? this.runs() : []) if (takeBack(next)) return run.splice(run.indexOf(next), 1)[0];
    return load.shift() ?? demo.shift();
  }

  /** The waiting jobs that run programs; those whose turn is next come first. */
  runs(): readonly QueuedJob[] {
    const { run } = this.#queues;
    if (run.length < 2) return [...run];
    const byRun = new Map(run.map((job) => [job.run!, job]));
    return this.#turns.order([...byRun.keys()]).map((each) => byRun.get(each)!);
  }

  /** The job that is posted ahead to a thread, unless it was taken back. */
  aheadOf(thread: { takeBack(): boolean }): QueuedJob | undefined {
    return this.#queues.run.find(({ ahead }) => ahead === thread);
  }

  rejectAll(reason: Error): void {
    for (const queue of Object.values(this.#queues)) for (const { reject } of queue.splice(0)) reject(reason);
  }
}

/** Takes back a job from the thread to which it is posted ahead, if any; returns false if that thread has begun it. */
export function takeBack(job: QueuedJob): boolean {
  if (job.ahead && !job.ahead.takeBack()) return false;
  job.ahead = undefined;
  return true;
}

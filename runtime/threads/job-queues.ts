/** The jobs that wait for a thread: programs in the order of their turns, columns to load before files of the demo dataset, first come, first served. */
import { RunStopped } from "../../engine/run/run-program.ts";
import type { ReadyProgram } from "../node/program-cache.ts";
import type { BegunRun } from "./begun-run.ts";
import type { Contender, Turns } from "./fair-turns.ts";
import type { FromWorker, Job } from "./worker-messages.ts";

/** A job that waits, or that a thread has. */
export interface QueuedJob {
  readonly job: Job;
  /** What the thread must know before it can do the job. */
  readonly programs?: readonly ReadyProgram[];
  /** Of a job that runs programs. */
  readonly run?: QueuedRun;
  /** When a thread took it up, as `performance.now()`. */
  begun?: number;
  /** The thread to which it is posted ahead. It waits all the same, and may be given to another one, until this one begins it. */
  ahead?: { takeBack(): boolean } | undefined;
  /** When nobody waited for it any more, of a load that a thread has. */
  aborted?: number;
  readonly resolve: (answer: FromWorker) => void;
  readonly reject: (error: unknown) => void;
}

export interface QueuedRun extends Contender {
  readonly governed: BegunRun;
  isFresh: boolean;
  /** Milliseconds that were charged for it. */
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

  /** True where it waited, and now does not any more. Where it is posted ahead, it is its thread's from now on. */
  remove(job: QueuedJob): boolean {
    const queue = this.#queues[job.job.kind];
    const at = queue.indexOf(job);
    if (at >= 0) queue.splice(at, 1);
    return at >= 0;
  }

  /** True where it waited, and no thread had begun it; then it rejects with `RunStopped`. */
  cancel(job: QueuedJob): boolean {
    if (!takeBack(job) || !this.remove(job)) return false;
    job.reject(new RunStopped("cancelled before a thread began"));
    return true;
  }

  /** Takes out what a thread should do next. */
  take({ mayRun }: { readonly mayRun: boolean }): QueuedJob | undefined {
    const { run, load, demo } = this.#queues;
    const first = mayRun ? this.runs().find(takeBack) : undefined;
    if (first) return run.splice(run.indexOf(first), 1)[0];
    return load.shift() ?? demo.shift();
  }

  /** The jobs that run programs, those first whose turn is next. */
  runs(): readonly QueuedJob[] {
    const { run } = this.#queues;
    if (run.length < 2) return [...run];
    const byRun = new Map(run.map((job) => [job.run!, job]));
    return this.#turns.order([...byRun.keys()]).map((each) => byRun.get(each)!);
  }

  /** What is posted ahead to a thread, and was not taken back. */
  aheadOf(thread: { takeBack(): boolean }): QueuedJob | undefined {
    return this.#queues.run.find(({ ahead }) => ahead === thread);
  }

  rejectAll(reason: Error): void {
    for (const queue of Object.values(this.#queues)) for (const { reject } of queue.splice(0)) reject(reason);
  }
}

/** It is posted ahead to nobody any more; false where its thread has begun it. */
export function takeBack(job: QueuedJob): boolean {
  if (job.ahead && !job.ahead.takeBack()) return false;
  job.ahead = undefined;
  return true;
}

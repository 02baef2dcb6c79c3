/**
 * The worker threads and the jobs that wait for them. A program whose columns are ready goes before columns to load, and
 * these before files of the demo dataset; first come, first served within each.
 *
 * Promises: every job settles; a thread that crashes fails its own job only (`WorkerCrashed`) and is replaced, after a pause
 * that doubles while threads keep crashing. Does not bound the jobs that wait: the column cache and the claims do.
 */

import type { Log } from "../../base/log.ts";
import { pauseAfter } from "../../base/retry.ts";
import type { Load } from "../../datasets/cache/cached-column.ts";
import { DatasetError } from "../../datasets/dataset.ts";
import { RunStopped, ScratchExhausted } from "../../engine/run/run-program.ts";
import type { Meter } from "../../functions/metrics/meter.ts";
import type { ReadyProgram } from "../node/program-cache.ts";
import type { DemoJob, FromWorker, Job, JobFailure, ProgramOutcome, RunJob } from "./worker-messages.ts";
import { WorkerCrashed, WorkerThread } from "./worker-thread.ts";

export interface Running {
  /** One outcome for each program. Rejects with `RunStopped` where it was cancelled, and with `WorkerCrashed`. Settles when no thread uses the memory any more. */
  readonly done: Promise<readonly ProgramOutcome[]>;
  /** When a thread took it up, as `performance.now()`; undefined before. */
  begun(): number | undefined;
  /** True where it had not begun; then it rejects with `RunStopped`. */
  cancel(): boolean;
}

interface Waiting {
  readonly job: Job;
  /** What the thread must know before it can do the job. */
  readonly programs?: readonly ReadyProgram[];
  begun?: number;
  /** Which has it. */
  thread?: WorkerThread;
  readonly resolve: (answer: FromWorker) => void;
  readonly reject: (error: unknown) => void;
}

interface Submitted {
  readonly answer: Promise<FromWorker>;
  readonly cancel: () => boolean;
  /** Cancels it where it waits, else tells the thread that nobody waits for it. */
  readonly abort: () => void;
  readonly begun: () => number | undefined;
}

/** Milliseconds. A thread that lived this long did not crash because of how it was started. */
const soundLife = 10_000;

export class WorkerPool {
  readonly #threads = new Set<WorkerThread>();
  readonly #queues: Readonly<Record<Job["kind"], Waiting[]>> = { run: [], load: [], demo: [] };
  readonly #options: { readonly memories: readonly WebAssembly.Memory[]; readonly entry: URL; readonly log: Log; readonly meter?: Meter };
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Threads in a row that crashed soon after their start. */
  #crashes = 0;
  #closed = false;

  constructor(options: {
    readonly threads: number;
    readonly memories: readonly WebAssembly.Memory[];
    readonly log: Log;
    readonly meter?: Meter;
    /** The thread's program; tests have their own. */
    readonly entry?: URL;
  }) {
    this.#options = { ...options, entry: options.entry ?? workerEntry() };
    for (let i = 0; i < options.threads; i++) this.#start();
  }

  /** Threads that are up. */
  get alive(): number {
    return this.#count("idle") + this.#count("busy");
  }

  get busy(): number {
    return this.#count("busy");
  }

  #count(wanted: WorkerThread["state"]): number {
    let count = 0;
    for (const { state } of this.#threads) if (state === wanted) count++;
    return count;
  }

  /** Decodes a column into a slab. Rejects with `RunStopped` when the signal aborts: at once where no thread began, else when the thread has stopped. */
  readonly load: Load = async (location, { slab, values, valid, offsets }, signal) => {
    const { answer, abort } = this.#submit({
      job: { kind: "load", location, slab: slab.id, values, offsets, ...(valid && { valid }) },
    });
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    try {
      const { values, cost } = expect(await answer, "loaded");
      this.#options.meter?.count("femtoq_read_bytes_total", undefined, cost.bytes);
      this.#options.meter?.count("femtoq_read_seconds_total", "reading", cost.reading / 1000);
      this.#options.meter?.count("femtoq_read_seconds_total", "decoding", cost.decoding / 1000);
      return { values, cost };
    } finally {
      signal.removeEventListener("abort", abort);
    }
  };

  /** `programs`: those of the job. */
  run(job: RunJob, programs: readonly ReadyProgram[]): Running {
    const { answer, cancel, begun } = this.#submit({ job, programs });
    return { done: answer.then((message) => expect(message, "ran").outcomes), cancel, begun };
  }

  async writeDemoFile(job: DemoJob): Promise<void> {
    expect(await this.#submit({ job }).answer, "wrote");
  }

  /** Ends all threads; jobs that are not finished fail. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const queue of Object.values(this.#queues)) {
      for (const { reject } of queue.splice(0)) reject(new WorkerCrashed("The server is stopping"));
    }
    await Promise.all([...this.#threads].map((thread) => thread.terminate()));
  }

  #submit({ job, programs }: Pick<Waiting, "job" | "programs">): Submitted {
    let waiting: Waiting | undefined;
    const queue = this.#queues[job.kind];
    const answer = new Promise<FromWorker>((resolve, reject) => {
      if (this.#closed) return reject(new WorkerCrashed("The server is stopping"));
      waiting = { job, resolve, reject, ...(programs && { programs }) };
      queue.push(waiting);
    });
    const cancel = (): boolean => {
      const at = waiting ? queue.indexOf(waiting) : -1;
      if (at < 0) return false;
      queue.splice(at, 1);
      waiting!.reject(new RunStopped("cancelled before a thread began"));
      return true;
    };
    const abort = () => void (cancel() || waiting?.thread?.abort(job));
    this.#dispatch();
    return { answer, cancel, abort, begun: () => waiting?.begun };
  }

  #dispatch(): void {
    for (const thread of this.#threads) {
      if (thread.state !== "idle") continue;
      const next = this.#queues.run.shift() ?? this.#queues.load.shift() ?? this.#queues.demo.shift();
      if (!next) return;
      const begun = performance.now();
      next.begun = begun;
      next.thread = thread;
      const ended = () => this.#options.meter?.count("femtoq_worker_busy_seconds_total", next.job.kind, (performance.now() - begun) / 1000);
      thread.perform(next.job, next.programs).finally(ended).then(next.resolve, next.reject);
    }
  }

  #start(): void {
    const started = performance.now();
    const { memories, entry, log } = this.#options;
    const onDead = (cause: WorkerCrashed) => {
      this.#threads.delete(thread);
      if (this.#closed) return;
      this.#crashes = performance.now() - started > soundLife ? 1 : this.#crashes + 1;
      const wait = pauseAfter(this.#crashes);
      log.error({ err: cause, pause: wait }, "a worker thread crashed and will be replaced");
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#start();
      }, wait);
      this.#timers.add(timer);
    };
    const thread = new WorkerThread({ memories, entry, events: { onIdle: () => this.#dispatch(), onDead } });
    this.#threads.add(thread);
  }
}

function workerEntry(): URL {
  return new URL("Deno" in globalThis ? "./worker.ts" : "./worker-node.mjs", import.meta.url);
}

function expect<K extends FromWorker["kind"]>(message: FromWorker, kind: K): Extract<FromWorker, { kind: K }> {
  if (message.kind === kind) return message as Extract<FromWorker, { kind: K }>;
  if (message.kind === "failed") throw errorOf(message.failure);
  throw new Error(`Cannot use a worker thread's answer: expected ${kind}, got ${message.kind}`);
}

export function errorOf(failure: JobFailure): Error {
  switch (failure.kind) {
    case "dataset":
      return new DatasetError(failure.message, { permanent: failure.permanent });
    case "stopped":
      return new RunStopped("the run was stopped");
    case "scratch":
      return new ScratchExhausted("an event needs more scratch");
    case "internal":
      return new Error(failure.message);
  }
}

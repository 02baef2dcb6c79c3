/**
 * The pool's handle of one worker thread.
 *
 *   starting --up--> idle <--job, answer--> busy
 *   any of these --crash--> dead   its job fails; `onDead` is called once
 *
 * While it is busy, one more job may be posted ahead: the thread begins that as soon as its present job has ended, without waiting for the main thread.
 * Until it has begun, the job can be taken back; the two threads agree on this by its ticket in shared memory.
 */
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { LRUCache } from "lru-cache";
import { mostPrograms } from "../../functions/compute/executor.ts";
import type { ReadyProgram } from "../node/program-cache.ts";
import type { FromWorker, Job, LoadedBefore, RunJob, ToWorker } from "./worker-messages.ts";

/**
 * The initial heap of a thread in MiB. Reading discards some 30 MB of buffers between two minor garbage collections; a smaller heap would be collected
 * completely each time. The flag applies to all threads that start from now on.
 */
const firstHeap = 64;
setFlagsFromString(`--initial-old-space-size=${firstHeap}`);

/** The thread ended while it did the job; trying again may help. */
export class WorkerCrashed extends Error {
  override readonly name = "WorkerCrashed";
}

export interface WorkerEvents {
  readonly onIdle: () => void;
  /** Called when the thread has begun the job that was posted ahead, so that it cannot be taken back any more. */
  readonly onNext: (answer: Promise<FromWorker>) => void;
  /** Called when the thread's present job has loaded columns, and goes on. */
  readonly onLoaded: (loads: readonly LoadedBefore[]) => void;
  readonly onDead: (cause: WorkerCrashed) => void;
}

interface Current {
  readonly job: Job;
  readonly resolve: (answer: FromWorker) => void;
  readonly reject: (error: unknown) => void;
}

export class WorkerThread {
  state: "starting" | "idle" | "busy" | "dead" = "starting";
  readonly #worker: Worker;
  readonly #events: WorkerEvents;
  /** The programs that the thread knows, in the form that ran last. A program that leaves this cache is forgotten there, too, and is sent again when needed. */
  readonly #programs = new LRUCache<string, ReadyProgram>({
    max: mostPrograms,
    dispose: (_, programKey, reason) => reason === "evict" && this.#send({ kind: "forget", programKey }),
  });
  #current: Current | undefined;
  /** The job that is posted ahead, unless it was taken back. */
  #ahead: { readonly ticket: number; readonly job: RunJob } | undefined;
  /**
   * The ticket of the job that is posted ahead, as long as neither thread has taken it. There are two places, used in turn: when an answer is heard, the
   * thread goes on to the job that was ahead, and may not have taken its ticket yet when the next job is posted.
   */
  readonly #aheadTickets = new Int32Array(new SharedArrayBuffer(8));
  #place = 0;
  #tickets = 0;

  constructor(options: { readonly memories: readonly WebAssembly.Memory[]; readonly entry: URL; readonly events: WorkerEvents }) {
    this.#events = options.events;
    // Deno refuses `execArgv`. On Node it is empty, since the thread does not need the flags of this process.
    this.#worker = "Deno" in globalThis ? new Worker(options.entry) : new Worker(options.entry, { execArgv: [] });
    this.#worker.on("message", (message: FromWorker) => this.#hear(message));
    this.#worker.on("error", (error) => this.#die(`A worker thread failed: ${error instanceof Error ? error.message : error}`, error));
    this.#worker.on("messageerror", (error) => this.#die(`A worker thread's answer could not be read: ${error.message}`, error));
    this.#worker.on("exit", (code) => this.#die(`A worker thread ended with code ${code}`));
    this.#send({ kind: "slabs", memories: options.memories, tickets: this.#aheadTickets });
  }

  /** Does a job; to be called only while the thread is idle. Rejects with `WorkerCrashed` if the thread ends first. */
  perform(job: Job, programs: readonly ReadyProgram[] = []): Promise<FromWorker> {
    for (const program of programs) this.#teach(program);
    this.#send(job);
    return this.#await(job);
  }

  #await(job: Job): Promise<FromWorker> {
    this.state = "busy";
    return new Promise((resolve, reject) => {
      this.#current = { job, resolve, reject };
    });
  }

  get hasAhead(): boolean {
    return this.#ahead !== undefined;
  }

  /** Posts a job ahead; to be called only while the thread is busy and has no job posted ahead. */
  postAhead(job: RunJob, programs: readonly ReadyProgram[]): void {
    for (const program of programs) this.#teach(program);
    // Tickets are never 0, which stands for none.
    this.#tickets = (this.#tickets % (2 ** 31 - 1)) + 1;
    const [ticket, place] = [this.#tickets, this.#place];
    Atomics.store(this.#aheadTickets, place, ticket);
    this.#ahead = { ticket, job };
    this.#send({ kind: "ahead", ticket, place, job });
  }

  /** Takes back the job that is posted ahead; returns false if the thread has begun it. */
  takeBack(): boolean {
    if (!this.#ahead) return false;
    const { ticket } = this.#ahead;
    if (Atomics.compareExchange(this.#aheadTickets, this.#place, ticket, 0) !== ticket) return false;
    this.#ahead = undefined;
    return true;
  }

  /** Tells the thread, if it has this job, that nobody waits for this column of it. */
  abort(job: Job, column: number): void {
    if (this.#current?.job === job) this.#send({ kind: "abort", column });
  }

  /** Ends the thread at once; the caller must settle its job. Resolves when the thread does not use memory any more. */
  async end(): Promise<void> {
    this.state = "dead";
    this.#current = undefined;
    await this.#worker.terminate();
  }

  async terminate(): Promise<void> {
    this.#die("The server is stopping");
    await this.#worker.terminate();
  }

  #teach(ready: ReadyProgram): void {
    const { programKey, program, module, numbers, source } = ready;
    if (this.#programs.get(programKey) === ready) return;
    this.#send({ kind: "program", programKey, program, module, ...(numbers && { numbers }), ...(source && { source }) });
    this.#programs.set(programKey, ready);
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #hear(message: FromWorker): void {
    if (this.state === "dead") return;
    if (message.kind === "loadedBefore") {
      this.#events.onLoaded(message.loads);
      return;
    }
    const current = this.#current;
    this.#current = undefined;
    current?.resolve(message);
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead) {
      this.#place = 1 - this.#place;
      this.#events.onNext(this.#await(ahead.job));
      return;
    }
    this.state = "idle";
    this.#events.onIdle();
  }

  #die(message: string, cause?: unknown): void {
    if (this.state === "dead") return;
    this.state = "dead";
    const error = new WorkerCrashed(message, { cause });
    this.#current?.reject(error);
    this.#current = undefined;
    this.#events.onDead(error);
    void this.#worker.terminate();
  }
}

/** The module that a thread runs. */
export function workerEntry(): URL {
  return new URL("Deno" in globalThis ? "./worker.ts" : "./worker-node.mjs", import.meta.url);
}

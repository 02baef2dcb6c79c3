/**
 * One worker thread as the pool sees it.
 *
 *   starting --up--> idle <--job, answer--> busy
 *   any of these --crash--> dead   its job fails; `onDead` is called once
 *
 * While it is busy one more job may be posted ahead: the thread begins it by itself as soon as its job has ended, and no turn of the main thread's event
 * loop is waited for. Until it has begun it can be taken back: the two threads agree on that by its ticket, in memory that they share.
 */
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { LRUCache } from "lru-cache";
import { mostPrograms } from "../../functions/compute/executor.ts";
import type { ReadyProgram } from "../node/program-cache.ts";
import type { FromWorker, Job, RunJob, ToWorker } from "./worker-messages.ts";

/**
 * Reading throws away some 30 MB of buffers between two small collections of garbage. A thread's heap that begins smaller than this (in MiB) would
 * be collected as a whole each time. It holds for all threads that start from now on.
 */
const firstHeap = 64;
setFlagsFromString(`--initial-old-space-size=${firstHeap}`);

/** A job's thread ended under it: trying again may help. */
export class WorkerCrashed extends Error {
  override readonly name = "WorkerCrashed";
}

export interface WorkerEvents {
  readonly onIdle: () => void;
  /** Its job has ended, and the one that was posted ahead is its job now; it cannot be taken back any more. */
  readonly onNext: (answer: Promise<FromWorker>) => void;
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
  /** Programs that the thread has, in the form that was run last; it forgets those that are pushed out, and is told them again when needed. */
  readonly #programs = new LRUCache<string, ReadyProgram>({
    max: mostPrograms,
    dispose: (_, programKey, reason) => reason === "evict" && this.#send({ kind: "forget", programKey }),
  });
  #current: Current | undefined;
  /** What is posted ahead, and was not taken back. */
  #ahead: { readonly ticket: number; readonly job: RunJob } | undefined;
  /**
   * The ticket of what is posted ahead, as long as neither thread has taken it, in one of two places: in the other one may still be that of its job, which
   * was posted ahead before and which it is about to begin.
   */
  readonly #aheadTickets = new Int32Array(new SharedArrayBuffer(8));
  #place = 0;
  #tickets = 0;

  constructor(options: { readonly memories: readonly WebAssembly.Memory[]; readonly entry: URL; readonly events: WorkerEvents }) {
    this.#events = options.events;
    // Deno does not take `execArgv`; on Node the flags of this process are of no use to the thread.
    this.#worker = "Deno" in globalThis ? new Worker(options.entry) : new Worker(options.entry, { execArgv: [] });
    this.#worker.on("message", (message: FromWorker) => this.#hear(message));
    this.#worker.on("error", (error) => this.#die(`A worker thread failed: ${error instanceof Error ? error.message : error}`, error));
    this.#worker.on("messageerror", (error) => this.#die(`A worker thread's answer could not be read: ${error.message}`, error));
    this.#worker.on("exit", (code) => this.#die(`A worker thread ended with code ${code}`));
    this.#send({ kind: "slabs", memories: options.memories, tickets: this.#aheadTickets });
  }

  /** Only when idle. Rejects with `WorkerCrashed` where the thread ends first. */
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

  /** Only when it is busy and has nothing ahead. */
  postAhead(job: RunJob, programs: readonly ReadyProgram[]): void {
    for (const program of programs) this.#teach(program);
    // Never 0.
    this.#tickets = (this.#tickets % (2 ** 31 - 1)) + 1;
    const [ticket, place] = [this.#tickets, this.#place];
    Atomics.store(this.#aheadTickets, place, ticket);
    this.#ahead = { ticket, job };
    this.#send({ kind: "ahead", ticket, place, job });
  }

  /** Takes back what is posted ahead; false where the thread has begun it. */
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

  /** Ends the thread, whatever it is at; its job is its owner's to settle. Resolves when nothing of it uses memory any more. */
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

/** What a thread runs. */
export function workerEntry(): URL {
  return new URL("Deno" in globalThis ? "./worker.ts" : "./worker-node.mjs", import.meta.url);
}

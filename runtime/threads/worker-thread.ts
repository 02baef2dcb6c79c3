/**
 * One worker thread as the pool sees it.
 *
 *   starting --up--> idle <--job, answer--> busy
 *   any of these --crash--> dead   its job fails; `onDead` is called once
 */
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { LRUCache } from "lru-cache";
import { mostPrograms } from "../../functions/compute/executor.ts";
import type { ReadyProgram } from "../node/program-cache.ts";
import type { FromWorker, Job, ToWorker } from "./worker-messages.ts";

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

  constructor(options: { readonly memories: readonly WebAssembly.Memory[]; readonly entry: URL; readonly events: WorkerEvents }) {
    this.#events = options.events;
    // Deno does not take `execArgv`; on Node the flags of this process are of no use to the thread.
    this.#worker = "Deno" in globalThis ? new Worker(options.entry) : new Worker(options.entry, { execArgv: [] });
    this.#worker.on("message", (message: FromWorker) => this.#hear(message));
    this.#worker.on("error", (error) => this.#die(`A worker thread failed: ${error instanceof Error ? error.message : error}`, error));
    this.#worker.on("messageerror", (error) => this.#die(`A worker thread's answer could not be read: ${error.message}`, error));
    this.#worker.on("exit", (code) => this.#die(`A worker thread ended with code ${code}`));
    this.#send({ kind: "slabs", memories: options.memories });
  }

  /** Only when idle. Rejects with `WorkerCrashed` where the thread ends first. */
  perform(job: Job, programs: readonly ReadyProgram[] = []): Promise<FromWorker> {
    this.state = "busy";
    for (const program of programs) this.#teach(program);
    return new Promise((resolve, reject) => {
      this.#current = { job, resolve, reject };
      this.#send(job);
    });
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
    this.state = "idle";
    current?.resolve(message);
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

/**
 * One worker thread as the pool sees it.
 *
 *   starting --up--> idle <--job, answer--> busy
 *   any of these --crash--> dead   its job fails; `onDead` is called once
 */
import { Worker } from "node:worker_threads";
import type { ReadyProgram } from "../node/program-cache.ts";
import type { FromWorker, Job, ToWorker } from "./worker-messages.ts";

/** A job's thread ended under it: trying again may help. */
export class WorkerCrashed extends Error {
  override readonly name = "WorkerCrashed";
}

/** Programs that one thread keeps; the rest are sent again when needed. */
const mostPrograms = 64;

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
  /** Program keys that the thread has, least recently used first. */
  readonly #programs = new Set<string>();
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

  /** Tells the thread, if it has this job, that nobody waits for it. */
  abort(job: Job): void {
    if (this.#current?.job === job) this.#send({ kind: "abort" });
  }

  async terminate(): Promise<void> {
    this.#die("The server is stopping");
    await this.#worker.terminate();
  }

  #teach({ programKey, program, module }: ReadyProgram): void {
    if (!this.#programs.delete(programKey)) this.#send({ kind: "program", programKey, program, module });
    this.#programs.add(programKey);
    const [oldest] = this.#programs;
    if (this.#programs.size <= mostPrograms || oldest === undefined) return;
    this.#programs.delete(oldest);
    this.#send({ kind: "forget", programKey: oldest });
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

/**
 * The worker threads that there are, and those that take their place.
 *
 * Promises: a thread that crashes is replaced, after a pause that doubles while threads keep crashing; one that is ended, at once. There are never more
 * than `mostThreads`, and without spare ones as many as may compute at a time.
 */
import type { Log } from "../../base/log.ts";
import { pauseAfter } from "../../base/retry.ts";
import type { FromWorker } from "./worker-messages.ts";
import { type WorkerCrashed, type WorkerEvents, WorkerThread, workerEntry } from "./worker-thread.ts";

export interface ThreadOptions {
  /** Programs that compute at a time. */
  readonly threads: number;
  readonly memories: readonly WebAssembly.Memory[];
  readonly log: Log;
  /** Milliseconds after which a first spare thread is started, for it to be there at once when it is needed; where absent, when it is needed. */
  readonly spareAfter?: number;
  /** The most threads there may be, the spare ones among them. */
  readonly mostThreads?: number;
  /** The thread's program; tests have their own. */
  readonly entry?: URL;
}

interface ThreadEvents {
  readonly onIdle: (thread: WorkerThread) => void;
  /** It has begun what was posted ahead to it. */
  readonly onNext: (thread: WorkerThread, answer: Promise<FromWorker>) => void;
  /** It crashed, or is ended because all are. */
  readonly onDead: (thread: WorkerThread) => void;
}

/** Milliseconds. A thread that lived this long did not crash because of how it was started. */
const soundLife = 10_000;

export class ThreadSet {
  readonly #threads = new Set<WorkerThread>();
  readonly #options: ThreadOptions;
  readonly #events: ThreadEvents;
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Threads in a row that crashed soon after their start. */
  #crashes = 0;
  #closed = false;

  constructor(options: ThreadOptions, events: ThreadEvents) {
    this.#options = options;
    this.#events = events;
    for (let i = 0; i < options.threads; i++) this.#start();
    if (options.spareAfter !== undefined) this.#startLater(options.threads + 1, options.spareAfter);
  }

  get all(): ReadonlySet<WorkerThread> {
    return this.#threads;
  }

  count(wanted: WorkerThread["state"]): number {
    return [...this.#threads].filter(({ state }) => state === wanted).length;
  }

  /** Starts one more where there may be more. */
  addSpare(): void {
    const { threads, mostThreads = 2 * threads + 2 } = this.#options;
    if (this.#threads.size < mostThreads) this.#start();
  }

  /** Ends a thread, and starts another where there are too few then. Resolves when nothing of it uses memory any more. */
  replace(thread: WorkerThread): Promise<void> {
    this.#threads.delete(thread);
    if (this.#threads.size < this.#options.threads) this.#start();
    return thread.end();
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all([...this.#threads].map((thread) => thread.terminate()));
  }

  /** Where there are fewer than `most` by then. */
  #startLater(most: number, wait: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (this.#threads.size < most) this.#start();
    }, wait);
    this.#timers.add(timer);
  }

  #start(): void {
    const started = performance.now();
    const { memories, entry = workerEntry(), log, threads } = this.#options;
    const onDead = (cause: WorkerCrashed) => {
      this.#threads.delete(thread);
      this.#events.onDead(thread);
      if (this.#closed) return;
      this.#crashes = performance.now() - started > soundLife ? 1 : this.#crashes + 1;
      const wait = pauseAfter(this.#crashes);
      log.error({ err: cause, pause: wait }, "a worker thread crashed and will be replaced");
      this.#startLater(threads, wait);
    };
    const { onIdle, onNext } = this.#events;
    const events: WorkerEvents = { onIdle: () => onIdle(thread), onNext: (answer) => onNext(thread, answer), onDead };
    const thread = new WorkerThread({ memories, entry, events });
    this.#threads.add(thread);
  }
}

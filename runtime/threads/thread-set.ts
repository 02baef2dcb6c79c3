/**
 * The set of worker threads. It replaces those that end.
 *
 * Guarantees: a crashed thread is replaced after a pause, which doubles while threads keep crashing; a thread that was ended is replaced at once. There are
 * never more than `mostThreads`; without spare threads, there are as many as may compute at a time. Of the spare threads, one stays. The others are ended when
 * they have had nothing to do for some time, since each holds some 50 to 100 MB.
 */
import type { Log } from "../../base/log.ts";
import { pauseAfter } from "../../base/retry.ts";
import type { FromWorker, LoadedBefore } from "./worker-messages.ts";
import { type WorkerCrashed, type WorkerEvents, WorkerThread, workerEntry } from "./worker-thread.ts";

export interface ThreadOptions {
  /** The most programs that compute at a time. */
  readonly threads: number;
  readonly memories: readonly WebAssembly.Memory[];
  readonly log: Log;
  /** The milliseconds after which a first spare thread is started, before it is needed. If absent, it is started when it is needed. */
  readonly spareAfter?: number;
  /** The most threads, including spare ones. */
  readonly mostThreads?: number;
  /** The milliseconds without a job after which a spare thread is ended. */
  readonly spareFor?: number;
  /** The module that a thread runs; tests have their own. */
  readonly entry?: URL;
}

interface ThreadEvents {
  readonly onIdle: (thread: WorkerThread) => void;
  /** Called when the thread has begun the job that was posted ahead to it. */
  readonly onNext: (thread: WorkerThread, answer: Promise<FromWorker>) => void;
  /** Called when the thread's present job has loaded columns, and goes on. */
  readonly onLoaded: (thread: WorkerThread, loads: readonly LoadedBefore[]) => void;
  /** Called when the thread crashed, or is ended because all are. */
  readonly onDead: (thread: WorkerThread) => void;
}

/** In milliseconds. A thread that lived this long did not crash because of its start. */
const soundLife = 10_000;
/** In milliseconds. Starting a thread again costs a processor half a second, so this is long in comparison. */
const usualSpareFor = 60_000;

export class ThreadSet {
  readonly #threads = new Set<WorkerThread>();
  readonly #options: ThreadOptions;
  readonly #events: ThreadEvents;
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Since when idle threads are idle, in milliseconds. A thread that got a job meanwhile is still in it. */
  readonly #idleSince = new WeakMap<WorkerThread, number>();
  #ending: NodeJS.Timeout | undefined;
  /** The number of threads in a row that crashed soon after their start. */
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

  /** Starts one more thread, unless `mostThreads` are running. */
  addSpare(): void {
    const { threads, mostThreads = 2 * threads + 2 } = this.#options;
    if (this.#threads.size >= mostThreads) return;
    this.#start();
    this.#endIdleLater();
  }

  /** Ends a thread, and starts another if there are too few then. Resolves when the ended thread does not use memory any more. */
  replace(thread: WorkerThread): Promise<void> {
    this.#threads.delete(thread);
    if (this.#threads.size < this.#options.threads) this.#start();
    return thread.end();
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    clearTimeout(this.#ending);
    await Promise.all([...this.#threads].map((thread) => thread.terminate()));
  }

  /** Starts a thread after `wait` milliseconds, if there are fewer than `most` by then. */
  #startLater(most: number, wait: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (this.#threads.size < most) this.#start();
    }, wait);
    this.#timers.add(timer);
  }

  /** Looks after a while for spare threads that have been idle, and again until only one is left. */
  #endIdleLater(): void {
    const { threads, spareFor = usualSpareFor } = this.#options;
    if (this.#closed || this.#ending !== undefined || this.#threads.size <= threads + 1) return;
    this.#ending = setTimeout(() => {
      this.#ending = undefined;
      const latest = performance.now() - spareFor;
      // Jobs go to the first idle thread, so the last ones have been idle for longest.
      for (const thread of [...this.#threads].reverse()) {
        if (this.#threads.size <= threads + 1) break;
        if (thread.state !== "idle" || this.#idleSince.get(thread)! > latest) continue;
        this.#threads.delete(thread);
        void thread.end();
      }
      this.#endIdleLater();
    }, spareFor);
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
    const { onIdle, onNext, onLoaded } = this.#events;
    const events: WorkerEvents = {
      onIdle: () => {
        this.#idleSince.set(thread, performance.now());
        onIdle(thread);
      },
      onNext: (answer) => onNext(thread, answer),
      onLoaded: (loads) => onLoaded(thread, loads),
      onDead,
    };
    const thread = new WorkerThread({ memories, entry, events });
    this.#threads.add(thread);
  }
}

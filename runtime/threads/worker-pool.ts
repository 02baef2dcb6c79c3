/**
 * The jobs of the worker threads, and those that wait for one. Columns to load go before files of the demo dataset, first come, first served; programs whose columns
 * are ready go before both, as far as it is their turn (`fair-turns.ts`).
 *
 * As many programs compute as there are threads to be. Where one computes for long while others wait it has to leave its turn to them between two blocks of
 * events, and keeps its thread and what it has added up; a spare thread takes up the others. A spare thread is started when all threads are at long jobs, so
 * that it is there when somebody comes. More are started while runs wait, until as many are free of long jobs as may compute at a time. A program that is in
 * the midst of one long event computes on meanwhile, on a thread that steps back behind the others: it has what they leave. Such a thread is replaced after
 * its job, for the system lets none come forward again.
 *
 * Promises: every job settles; a thread that crashes fails its own job only (`WorkerCrashed`) and is replaced
 * (`thread-set.ts`); a program that has computed for `mostCompute` is stopped; a thread that computes or loads on after its job
 * was stopped is ended and replaced. Does not bound the jobs that wait: the column cache and the claims do.
 */
import type { Load } from "../../datasets/cache/cached-column.ts";
import { RunStopped } from "../../engine/run/run-program.ts";
import type { Meter } from "../../functions/metrics/meter.ts";
import type { ReadyProgram } from "../node/program-cache.ts";
import { BegunRun } from "./begun-run.ts";
import { slice, Turns, usualPayer } from "./fair-turns.ts";
import { expect } from "./job-failures.ts";
import { JobQueues, type QueuedJob, type QueuedRun, takeBack } from "./job-queues.ts";
import { postAhead } from "./jobs-ahead.ts";
import { type LoadOptions, loadColumns, type SubmittedLoad } from "./load-columns.ts";
import { needsSpare } from "./needs-spare.ts";
import { type ThreadOptions, ThreadSet } from "./thread-set.ts";
import type { DemoJob, FromWorker, LoadJob, ProgramOutcome, RunJob } from "./worker-messages.ts";
import { WorkerCrashed, type WorkerThread } from "./worker-thread.ts";

export interface Running {
  /** One outcome for each program. Rejects with `RunStopped` where it was cancelled, and with `WorkerCrashed`. Settles when no thread uses the memory any more. */
  readonly done: Promise<readonly ProgramOutcome[]>;
  /** When a thread took it up, as `performance.now()`; undefined before. */
  begun(): number | undefined;
  /** True where it had not begun; then it rejects with `RunStopped`. */
  cancel(): boolean;
  /** Stops one of its programs, within 30 ms or so. */
  stop(index: number): void;
}

export interface WorkerPoolOptions extends Pick<LoadOptions, "disk" | "bounds">, ThreadOptions {
  readonly meter?: Meter;
  /** Milliseconds of a thread that a program may have for one partition. */
  readonly mostCompute?: number;
  /** Milliseconds that a job has to end after it was stopped. */
  readonly patience?: number;
}

/** Between two looks at what threads compute. */
const lookEvery = 20;

export class WorkerPool {
  readonly #threads: ThreadSet;
  readonly #turns = new Turns();
  readonly #queues = new JobQueues(this.#turns);
  /** What each thread that is busy has. */
  readonly #jobs = new Map<WorkerThread, QueuedJob>();
  readonly #options: WorkerPoolOptions;
  #looking: NodeJS.Timeout | undefined;
  #looked = 0;
  #closed = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    const onIdle = (thread: WorkerThread) => {
      this.#jobs.delete(thread);
      this.#takeTurns();
    };
    const onDead = (thread: WorkerThread) => {
      this.#jobs.delete(thread);
      void this.#runElsewhere(thread, () => thread.end());
    };
    this.#threads = new ThreadSet(options, { onIdle, onNext: (thread, answer) => this.#adopt(thread, answer), onDead });
  }

  /** Threads that are up. */
  get alive(): number {
    return this.#threads.count("idle") + this.#threads.count("busy");
  }

  get busy(): number {
    return this.#threads.count("busy");
  }

  /** A column rejects with `RunStopped` when its signal aborts: at once where no thread began and none of its job is wanted, else when the thread has stopped. */
  readonly load: Load = (columns) =>
    loadColumns(columns, {
      ...this.#options,
      free: this.#threads.count("idle") + this.#threads.count("starting"),
      submit: (job) => this.#submitLoad(job),
    });

  #submitLoad(load: LoadJob): SubmittedLoad {
    const { answer, job } = this.#submit({ job: load });
    return {
      outcomes: answer.then((message) => expect(message, "loaded").outcomes),
      abort: (column) => {
        for (const [thread, begun] of this.#jobs) if (begun === job) thread.abort(load, column);
      },
      abandon: () => {
        if (!this.#queues.cancel(job)) job.aborted ??= performance.now();
      },
    };
  }

  /** `programs`: those of the job. */
  run(job: RunJob, programs: readonly ReadyProgram[], payer = usualPayer): Running {
    const governed = new BegunRun(job, this.#options.memories, this.#options.mostCompute ?? Number.POSITIVE_INFINITY);
    const query = [...new Set(job.programs.map(({ programKey }) => programKey))].join();
    const run: QueuedRun = { governed, payer, query, isFresh: true, charged: 0 };
    this.#turns.enter(run);
    const { answer, job: queued } = this.#submit({ job, programs, run });
    const settle = async () => {
      try {
        const outcomes = governed.judge(expect(await answer, "ran").outcomes);
        const computed = outcomes.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
        this.#turns.charge(run, Math.max(0, computed - run.charged));
        return outcomes;
      } finally {
        this.#turns.leave(run);
        this.#takeTurns();
      }
    };
    return {
      done: settle(),
      begun: () => queued.begun,
      cancel: () => this.#queues.cancel(queued),
      stop: (index) => governed.stop(index, performance.now()),
    };
  }

  async writeDemoFile(job: DemoJob): Promise<void> {
    expect(await this.#submit({ job }).answer, "wrote");
  }

  /** Ends all threads; jobs that are not finished fail. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#looking);
    this.#queues.rejectAll(new WorkerCrashed("The server is stopping"));
    await this.#threads.close();
  }

  #submit(what: Pick<QueuedJob, "job" | "programs" | "run">): { readonly job: QueuedJob; readonly answer: Promise<FromWorker> } {
    let job!: QueuedJob;
    const answer = new Promise<FromWorker>((resolve, reject) => {
      job = { ...what, resolve, reject };
    });
    if (this.#closed) job.reject(new WorkerCrashed("The server is stopping"));
    else this.#queues.add(job);
    if (job.run) this.#charge(performance.now());
    this.#takeTurns();
    return { job, answer };
  }

  #dispatch(): void {
    for (const thread of this.#threads.all) {
      if (thread.state !== "idle") continue;
      const next = this.#queues.take({ mayRun: this.#computing < this.#options.threads });
      if (!next) return;
      next.run?.governed.giveTurn(performance.now());
      this.#begin(thread, next, thread.perform(next.job, next.programs));
    }
    const computing = [...this.#jobs].filter(([, { run }]) => run?.governed.turnSince !== undefined);
    postAhead(
      computing.map(([thread]) => thread),
      this.#queues.runs(),
    );
  }

  #begin(thread: WorkerThread, job: QueuedJob, answer: Promise<FromWorker>): void {
    const begun = performance.now();
    job.begun = begun;
    this.#jobs.set(thread, job);
    this.#lookSoon();
    const ended = () => this.#options.meter?.count("femtoq_worker_busy_seconds_total", job.job.kind, (performance.now() - begun) / 1000);
    answer.finally(ended).then(job.resolve, job.reject);
  }

  /** The thread has begun what was posted ahead to it. */
  #adopt(thread: WorkerThread, answer: Promise<FromWorker>): void {
    const job = this.#queues.aheadOf(thread)!;
    this.#queues.remove(job);
    job.ahead = undefined;
    if (this.#jobs.get(thread)?.run?.governed.turnSince !== undefined) job.run!.governed.giveTurn(performance.now());
    this.#begin(thread, job, answer);
    this.#takeTurns();
  }

  /** A thread is no more, or about to be: what is posted ahead to it is another's to run, where it has begun as soon as nothing of the thread uses its memory. */
  async #runElsewhere(thread: WorkerThread, ended: () => Promise<void>): Promise<void> {
    const job = this.#queues.aheadOf(thread);
    if (!job || takeBack(job)) return;
    this.#queues.remove(job);
    job.ahead = undefined;
    await ended();
    job.run!.governed.restart();
    if (this.#closed) job.reject(new WorkerCrashed("The server is stopping"));
    else this.#queues.add(job);
    this.#takeTurns();
  }

  /** How many runs have their turn. */
  get #computing(): number {
    return [...this.#jobs.values()].filter(({ run }) => run?.governed.turnSince !== undefined).length;
  }

  #lookSoon(): void {
    if (this.#looking !== undefined || this.#closed || this.#jobs.size === 0) return;
    this.#looked = performance.now();
    this.#looking = setTimeout(() => this.#look(), lookEvery);
  }

  /** What runs have had since the last time. */
  #charge(now: number): void {
    const passed = now - this.#looked;
    this.#looked = now;
    for (const { run, begun } of this.#jobs.values()) {
      const had = run?.governed.account(Math.min(passed, now - begun!), now) ?? 0;
      if (!run || had <= 0) continue;
      this.#turns.charge(run, had);
      run.charged += had;
    }
  }

  /** Charges runs for what they had, ends what does not end by itself, and sees to it that others have their turn. */
  #look(): void {
    this.#looking = undefined;
    const now = performance.now();
    this.#charge(now);
    const { patience = 2_000 } = this.#options;
    for (const [thread, { run, aborted }] of [...this.#jobs]) {
      const isOverdue = aborted === undefined ? run?.governed.isOverdue(patience, now) : now - aborted > patience;
      if (isOverdue) void this.#end(thread);
    }
    this.#takeTurns();
    this.#addSpare(now);
    this.#lookSoon();
  }

  /** Gives the turns to those who have had least, of the runs that have a thread and of those that could have one now. */
  #takeTurns(): void {
    if (this.#closed) return;
    const now = performance.now();
    const begun = [...this.#jobs.values()].filter(({ run }) => run !== undefined);
    const waiting = this.#queues.runs();
    if (waiting.length > 0 || begun.some(({ run }) => run!.governed.turnSince === undefined)) {
      const ready = [...begun, ...waiting.slice(0, this.#threads.count("idle"))].map(({ run }) => run!);
      for (const { run, begun } of [...this.#jobs.values(), ...waiting])
        if (run) run.isFresh = begun === undefined || now - (run.governed.turnSince ?? Number.NEGATIVE_INFINITY) < slice;
      const chosen = this.#turns.choose(ready, this.#options.threads);
      for (const [thread, { run }] of this.#jobs) {
        if (!run) continue;
        if (chosen.has(run)) run.governed.giveTurn(now);
        else this.#takeTurn(thread, run);
      }
    }
    this.#dispatch();
  }

  #takeTurn(thread: WorkerThread, run: QueuedRun): void {
    run.governed.takeTurn();
    const ahead = this.#queues.aheadOf(thread);
    // Where it has begun, it is what has to wait.
    if (ahead && !takeBack(ahead)) ahead.run!.governed.takeTurn();
  }

  #addSpare(now: number): void {
    const busy = [...this.#threads.all].map((thread) => {
      const job = this.#jobs.get(thread);
      return job && { kind: job.job.kind, busy: now - job.begun! };
    });
    if (needsSpare(busy, { computing: this.#options.threads, runsWait: this.#queues.runs().length > 0 })) this.#threads.addSpare();
  }

  /** Ends a thread that does not heed that its job was stopped. The job settles when nothing uses its memory any more. */
  async #end(thread: WorkerThread): Promise<void> {
    const { job, run, resolve, reject } = this.#jobs.get(thread)!;
    this.#options.log.warn({ job: job.kind, query: run?.query }, "a worker thread went on with what was stopped: it is ended and replaced");
    this.#jobs.delete(thread);
    const ended = this.#threads.replace(thread);
    void this.#runElsewhere(thread, () => ended);
    await ended;
    if (run) resolve({ kind: "ran", outcomes: run.governed.judgeEnded() });
    else reject(new RunStopped("the thread was ended"));
  }
}

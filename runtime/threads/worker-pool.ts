/**
 * Runs jobs on worker threads, and queues them while no thread is free. Columns to load go before files of the demo dataset, in order of arrival; programs
 * whose columns are ready go before both, if it is their turn (`fair-turns.ts`).
 *
 * At most `threads` programs compute at a time. One that computes for long while others wait leaves its turn to them between two blocks of events. It
 * keeps its thread and its sums; a spare thread runs the others. A spare thread is started when all threads have long jobs, before it is needed. More are
 * started while runs wait, until as many threads are free of long jobs as may compute at a time. A program in the middle of one long event goes on
 * computing meanwhile, on a thread with lower priority in the system. Such a thread is replaced after its job, since the system does not allow
 * raising the priority again.
 *
 * Guarantees: every job settles. A thread that crashes fails only its own job (`WorkerCrashed`) and is replaced (`thread-set.ts`). A program that has
 * computed for `mostCompute` is stopped. A thread that goes on after its job was stopped is ended and replaced. The number of waiting jobs is not bounded
 * here, but by the column cache and the claims.
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
import { LoadsBefore } from "./loads-before.ts";
import { needsSpare } from "./needs-spare.ts";
import type { Running, RunOptions } from "./running.ts";
import { type ThreadOptions, ThreadSet } from "./thread-set.ts";
import type { DemoJob, FromWorker, LoadJob, RunJob } from "./worker-messages.ts";
import { WorkerCrashed, type WorkerThread } from "./worker-thread.ts";

export interface WorkerPoolOptions extends Pick<LoadOptions, "disk" | "bounds">, ThreadOptions {
  readonly meter?: Meter;
  /** The most milliseconds of a thread's time for one program over one partition. */
  readonly mostCompute?: number;
  /** The milliseconds within which a job must end after it was stopped. */
  readonly patience?: number;
}

/** The milliseconds between two checks of what threads compute. */
const lookEvery = 20;

export class WorkerPool {
  readonly #threads: ThreadSet;
  readonly #turns = new Turns();
  readonly #queues = new JobQueues(this.#turns);
  /** The job of each busy thread. */
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
    this.#threads = new ThreadSet(options, {
      onIdle,
      onNext: (thread, answer) => this.#adopt(thread, answer),
      onLoaded: (thread, loads) => this.#jobs.get(thread)?.run?.loads.settle(loads),
      onDead,
    });
  }

  /** The number of threads that have started. */
  get alive(): number {
    return this.#threads.count("idle") + this.#threads.count("busy");
  }

  get busy(): number {
    return this.#threads.count("busy");
  }

  /** Loads columns. A column whose signal aborts rejects with `RunStopped`: at once if no thread has begun the job and nobody wants it, else when the thread stops. */
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

  /** Runs a job; `programs` are its programs. */
  run(wanted: RunJob, programs: readonly ReadyProgram[], { payer = usualPayer, lacking = [] }: RunOptions = {}): Running {
    const loads = new LoadsBefore(lacking, this.#options);
    const job = loads.addTo(wanted);
    const governed = new BegunRun(job, this.#options.memories, this.#options.mostCompute ?? Number.POSITIVE_INFINITY);
    const query = [...new Set(job.programs.map(({ programKey }) => programKey))].join();
    const run: QueuedRun = { governed, loads, payer, query, isFresh: true, charged: 0 };
    this.#turns.enter(run);
    const { answer, job: queued } = this.#submit({ job, programs, run });
    const settle = async () => {
      try {
        const ran = expect(await answer, "ran");
        loads.settle(ran.loads ?? []);
        const outcomes = governed.judge(ran.outcomes);
        const used = outcomes.reduce((sum, { milliseconds, loading = 0 }) => sum + milliseconds + loading, 0);
        this.#turns.charge(run, Math.max(0, used - run.charged));
        return outcomes;
      } finally {
        loads.end();
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

  /** Takes note that the thread has begun the job that was posted ahead to it. */
  #adopt(thread: WorkerThread, answer: Promise<FromWorker>): void {
    const job = this.#queues.aheadOf(thread)!;
    this.#queues.remove(job);
    job.ahead = undefined;
    if (this.#jobs.get(thread)?.run?.governed.turnSince !== undefined) job.run!.governed.giveTurn(performance.now());
    this.#begin(thread, job, answer);
    this.#takeTurns();
  }

  /** Gives the job posted ahead to an ending thread to another one. If the thread has begun it, this waits until the thread does not use its memory any more. */
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

  /** The number of runs that have their turn. */
  get #computing(): number {
    return [...this.#jobs.values()].filter(({ run }) => run?.governed.turnSince !== undefined).length;
  }

  #lookSoon(): void {
    if (this.#looking !== undefined || this.#closed || this.#jobs.size === 0) return;
    this.#looked = performance.now();
    this.#looking = setTimeout(() => this.#look(), lookEvery);
  }

  /** Charges runs for the time since the last call. */
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

  /** The regular check: charges runs for their time, ends threads that do not heed stops, and gives turns to others. */
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

  /** Gives the turns to the runs of those who have used least time, among the runs on threads and those that could have a thread now. */
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
    // If the thread has begun the job posted ahead, that job is the one that must wait.
    if (ahead && !takeBack(ahead)) ahead.run!.governed.takeTurn();
  }

  #addSpare(now: number): void {
    const busy = [...this.#threads.all].map((thread) => {
      const job = this.#jobs.get(thread);
      return job && { kind: job.job.kind, busy: now - job.begun! };
    });
    if (needsSpare(busy, { computing: this.#options.threads, runsWait: this.#queues.runs().length > 0 })) this.#threads.addSpare();
  }

  /** Ends a thread that went on although its job was stopped. The job settles once its memory is not used any more. */
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

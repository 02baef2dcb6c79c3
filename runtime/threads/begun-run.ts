/**
 * A job of programs on a thread, as seen by the main thread, which controls it by the flags at the start of each program's work area.
 *
 *   has its turn ⇄ waits      between two loops over lists, when it is told to
 *   any of these → ended      by itself, or stopped: by its signal, or by the limit of time
 *
 * Programs that run together are controlled as one; it is stopped only when all of them are.
 */
import { runPhase, runPhases, stopFlag, turnFlag } from "../../engine/compile/work-area.ts";
import type { JobFailure, ProgramOutcome, RunJob } from "./worker-messages.ts";

/** One program of the job, or all that run together. */
interface Governed {
  /** The first four numbers of its work area (`engine/compile/work-area.ts`). */
  readonly flags: Int32Array;
  /** The milliseconds of the thread's time that it has used. */
  had: number;
  /** When it was told to stop, as `performance.now()`. */
  stopped?: number;
  isOverLimit?: true;
}

export class BegunRun {
  readonly #governed: readonly Governed[];
  readonly #job: RunJob;
  /** The indexes of stopped programs, if programs run together. */
  readonly #ended = new Set<number>();
  /** The most milliseconds of a thread's time for each program. */
  readonly #most: number;
  /** When its present turn began; undefined while it has to wait. */
  #turnSince: number | undefined;

  /** Sets all flags to 0. */
  constructor(job: RunJob, memories: readonly WebAssembly.Memory[], most: number) {
    this.#most = most;
    this.#job = job;
    this.#governed = (job.isTogether ? job.programs.slice(0, 1) : job.programs).map(({ slab, work }) => ({
      flags: new Int32Array(memories[slab]!.buffer, work.address, 4).fill(0),
      had: 0,
    }));
  }

  get turnSince(): number | undefined {
    return this.#turnSince;
  }

  giveTurn(now: number): void {
    if (this.#turnSince !== undefined) return;
    this.#turnSince = now;
    for (const program of this.#governed) wake(program);
  }

  takeTurn(): void {
    this.#turnSince = undefined;
    for (const { flags, stopped } of this.#governed) if (stopped === undefined) Atomics.store(flags, turnFlag / 4, 1);
  }

  /** Prepares the job to run from the start on another thread, since its thread has ended. Programs that were stopped stay stopped. */
  restart(): void {
    this.#turnSince = undefined;
    for (const { flags } of this.#governed) Atomics.store(flags, runPhase / 4, 0);
  }

  /** Tells one of its programs to stop. */
  stop(index: number, now: number): void {
    if (this.#job.isTogether && this.#ended.add(index).size < this.#job.programs.length) return;
    this.#end(this.#of(index), now);
  }

  #of(index: number): Governed {
    return this.#governed[this.#job.isTogether ? 0 : index]!;
  }

  #end(program: Governed, now: number): void {
    program.stopped ??= now;
    Atomics.store(program.flags, stopFlag / 4, 1);
    wake(program);
  }

  /** Accounts for the last `milliseconds`: returns how many of them it loaded or computed, and stops a program that exceeds its limit of computing. */
  account(milliseconds: number, now: number): number {
    const program = this.#governed.find(isWorking);
    if (!program) return 0;
    if (!isComputing(program)) return milliseconds;
    program.had += milliseconds;
    if (program.had > this.#most && program.stopped === undefined) {
      program.isOverLimit = true;
      this.#end(program, now);
    }
    return milliseconds;
  }

  /** Whether a program still loads or computes `patience` milliseconds after it was told to stop, so that it does not heed its flag. */
  isOverdue(patience: number, now: number): boolean {
    return this.#governed.some((each) => each.stopped !== undefined && now - each.stopped > patience && isWorking(each));
  }

  /** The outcomes of its programs; those that were stopped by the limit say so. */
  judge(outcomes: readonly ProgramOutcome[]): readonly ProgramOutcome[] {
    return outcomes.map((outcome, index) => {
      const { isOverLimit, had } = this.#of(index);
      return isOverLimit && outcome.kind === "failed" && outcome.failure.kind === "stopped" ? failed(this.#overLimit, had) : outcome;
    });
  }

  get #overLimit(): JobFailure {
    return { kind: "limit", milliseconds: this.#most };
  }

  /** The outcomes of its programs after their thread was ended. */
  judgeEnded(): readonly ProgramOutcome[] {
    return this.#job.programs.map((_, index) => {
      const { isOverLimit, stopped, had } = this.#of(index);
      return failed(isOverLimit ? this.#overLimit : stopped === undefined ? { kind: "interrupted" } : { kind: "stopped" }, had);
    });
  }
}

const failed = (failure: JobFailure, milliseconds: number): ProgramOutcome => ({ kind: "failed", failure, milliseconds });

const isComputing = ({ flags }: Governed): boolean => Atomics.load(flags, runPhase / 4) === runPhases.computing;

const isWorking = (program: Governed): boolean => isComputing(program) || Atomics.load(program.flags, runPhase / 4) === runPhases.loading;

function wake({ flags }: Governed): void {
  Atomics.store(flags, turnFlag / 4, 0);
  Atomics.notify(flags, turnFlag / 4);
}

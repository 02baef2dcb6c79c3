/**
 * The columns that a job of programs loads before it runs them, as seen by the main thread.
 *
 * Guarantees: each column settles once, at the latest when the job has ended. Columns of which the thread told nothing, or that were left because their run
 * was stopped, settle as interrupted, so that other leases which wait for them load them anew.
 */
import { LoadInterrupted } from "../../datasets/cache/cached-column.ts";
import type { LeaseToLoad } from "../../datasets/cache/lease.ts";
import { type PlannedLoad, type PlanOptions, planLoad } from "./plan-load.ts";
import type { LoadedBefore, RunJob } from "./worker-messages.ts";

/** What a lease lacks. */
export type ToLoadBefore = Pick<LeaseToLoad, "missing" | "offsets">;

interface Pending extends ToLoadBefore {
  readonly planned: PlannedLoad;
}

export class LoadsBefore {
  /** Those that have not settled, by the number of the run. */
  readonly #pending: Map<number, Pending>;

  constructor(lacking: readonly (ToLoadBefore | undefined)[], options: PlanOptions) {
    this.#pending = new Map(
      lacking.flatMap((lacks, run) => (lacks?.missing.length ? [[run, { ...lacks, planned: planLoad(lacks.missing, options) }]] : [])),
    );
  }

  /** The job with what is to be loaded. */
  addTo(job: RunJob): RunJob {
    if (this.#pending.size === 0) return job;
    const programs = job.programs.map((each, run) => {
      const pending = this.#pending.get(run);
      return pending ? { ...each, load: { columns: pending.planned.columns, offsets: pending.offsets } } : each;
    });
    return { ...job, programs };
  }

  settle(loads: readonly LoadedBefore[]): void {
    for (const { run, outcomes } of loads) {
      const { missing, planned } = this.#pending.get(run)!;
      this.#pending.delete(run);
      const results = planned.take(outcomes);
      for (const [index, column] of missing.entries()) column.settle(results[index]!);
    }
  }

  /** The job has ended. */
  end(): void {
    for (const { missing, planned } of this.#pending.values()) {
      planned.giveUp();
      for (const { settle } of missing) settle({ error: new LoadInterrupted("the job that was to load the column ended before") });
    }
    this.#pending.clear();
  }
}

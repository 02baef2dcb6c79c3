/**
 * Runs one program over several partitions whose columns are in memory, as one job with one answer, since a short run costs less than its messages and the
 * usual way through the executor. Longer work is divided into one job per thread; these begin together and end at about the same time.
 *
 * Guarantees: each run ends as if it were a job of its own. It can be stopped alone, and the end of a thread or the trap of another run is not its outcome.
 * Runs without an outcome are left to be run by themselves.
 */
import { groupsOf } from "../../base/groups-of.ts";
import type { Payer } from "../../functions/compute/executor.ts";
import type { ProgramOutcome } from "../threads/worker-messages.ts";
import type { WorkerPool } from "../threads/worker-pool.ts";
import type { Place } from "./find-partition.ts";
import type { createLeasing, Leased, LeasingRun } from "./lease-columns.ts";
import { runOnThread, type ThreadRun } from "./run-on-thread.ts";

/** The most runs of one job. */
export const mostInJob = 32;

/** The fewest events that are worth a separate job: they take a millisecond or more. */
const worthJob = 1_000_000;

/** Divides partitions into groups that run together. */
export const jobsOf = <T>(all: readonly T[]): readonly (readonly T[])[] => groupsOf(all, mostInJob);

export interface Begun extends Pick<Leased, "lease"> {
  readonly place: Place;
  readonly run: ThreadRun;
}

export interface HeldRun {
  readonly place: Place;
  readonly run: LeasingRun;
}

interface Options<Attempted> {
  readonly leasing: Pick<ReturnType<typeof createLeasing>, "held">;
  readonly workers: Pick<WorkerPool, "run">;
  /** The number of threads that compute at a time. */
  readonly threads: number;
  readonly onRunning: ((programKeys: readonly string[], fingerprint: string) => void) | undefined;
  /** Turns the outcomes of a job into those of its runs. */
  readonly judge: (outcomes: readonly ProgramOutcome[], begun: readonly Begun[]) => readonly Attempted[];
}

interface HeldJob {
  readonly payer: Payer;
  readonly begun: readonly Begun[];
  /** The positions of the runs in the request. */
  readonly numbers: readonly number[];
}

/** Returns the outcomes of the runs in their order; undefined for a run without outcome. There is one job per payer or per thread. Never rejects. */
export async function runHeld<Attempted>(
  runs: readonly HeldRun[],
  { leasing, workers, threads, onRunning, judge }: Options<Attempted>,
): Promise<readonly (Attempted | undefined)[]> {
  const attempted = new Array<Attempted | undefined>(runs.length).fill(undefined);
  const jobs = new Map<string, { readonly payer: Payer; readonly begun: Begun[]; readonly numbers: number[] }>();
  for (const [number, { place, run }] of runs.entries()) {
    const leased = hold(place, run);
    if (!leased) continue;
    const { payer } = leased;
    const key = `${payer.priority} ${payer.client}`;
    const job = jobs.get(key) ?? { payer, begun: [], numbers: [] };
    jobs.set(key, job);
    job.begun.push({ place, lease: leased.lease, run: leased.runs[0]! });
    job.numbers.push(number);
  }
  await Promise.all([...jobs.values()].flatMap((job) => cut(job, threads)).map(compute));
  return attempted;

  /** The lease of a run's columns; undefined if that fails. Running it by itself will then tell why. */
  function hold(place: Place, run: LeasingRun): Leased | undefined {
    try {
      return run.signal.aborted ? undefined : leasing.held(place, [run]);
    } catch {
      return undefined;
    }
  }

  async function compute({ payer, begun, numbers }: HeldJob) {
    try {
      for (const { place, run } of begun) onRunning?.([run.ready.programKey], place.fingerprint);
      const outcomes = await runOnThread(
        workers,
        { payer },
        begun.map(({ run }) => run),
      );
      for (const [index, outcome] of judge(outcomes, begun).entries()) attempted[numbers[index]!] = outcome;
    } catch {
      // The thread ended, or nobody wants these runs any more. Running each by itself will tell its outcome.
    } finally {
      for (const { lease } of begun) lease.release();
    }
  }
}

function cut({ payer, begun, numbers }: HeldJob, threads: number): readonly HeldJob[] {
  const events = begun.reduce((sum, { run }) => sum + run.entries, 0);
  const count = Math.max(1, Math.min(threads, Math.floor(events / worthJob)));
  const size = Math.ceil(begun.length / count);
  return Array.from({ length: Math.ceil(begun.length / size) }, (_, index) => {
    const [from, to] = [index * size, (index + 1) * size];
    return { payer, begun: begun.slice(from, to), numbers: numbers.slice(from, to) };
  });
}

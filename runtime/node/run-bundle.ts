/**
 * Runs one program over several partitions of a dataset, in jobs of several partitions each: a short run, and loading a small column, cost less than their
 * messages and the usual way through the executor. Columns that are not in memory are loaded by the thread that runs the program, partition by partition.
 * Longer work is divided into one job per thread; these begin together and end at about the same time.
 *
 * Guarantees: each run ends as if it were a job of its own. It can be stopped alone, and the end of a thread, the trap of another run or a column that cannot
 * be loaded is not its outcome. Runs without an outcome are left to be run by themselves: those of files that are not local, those for which there is no room
 * now, and those whose columns are being loaded for others.
 */
import pMap from "p-map";
import { groupsOf } from "../../base/groups-of.ts";
import type { Payer } from "../../functions/compute/executor.ts";
import type { ProgramOutcome } from "../threads/worker-messages.ts";
import type { WorkerPool } from "../threads/worker-pool.ts";
import { unlessAborted, whenAllAbort } from "./abort.ts";
import type { Place } from "./find-partition.ts";
import type { FoundRun, Leased, Leasing, LeasingRun } from "./lease-columns.ts";
import { runOnThread, type ThreadRun } from "./run-on-thread.ts";
import { addLoading } from "./run-times.ts";

/** The most runs of one job: over partitions in memory, and over others. */
export const mostInJob = 32;
const mostToLoad = 8;

/** The work in events that is worth a separate job: it takes a millisecond or more. */
const worthJob = 1_000_000;
/** Loading a value takes as long as some events take to compute. */
const loadFactor = 4;

export interface Begun extends Pick<Leased, "lease"> {
  readonly place: Place;
  readonly run: ThreadRun;
}

export interface BundledRun {
  readonly place: Place;
  readonly run: LeasingRun;
}

interface Options<Attempted> {
  readonly leasing: Pick<Leasing, "held" | "find" | "leaseNow" | "count">;
  readonly workers: Pick<WorkerPool, "run">;
  /** The number of threads that compute at a time. */
  readonly threads: number;
  readonly onRunning: ((programKeys: readonly string[], fingerprint: string) => void) | undefined;
  /** Turns the outcomes of a job into those of its runs. */
  readonly judge: (outcomes: readonly ProgramOutcome[], begun: readonly Begun[]) => readonly Attempted[];
}

/** Returns the outcomes of the runs in their order; undefined for a run without outcome. Never rejects. */
export async function runBundle<Attempted>(
  runs: readonly BundledRun[],
  { leasing, workers, threads, onRunning, judge }: Options<Attempted>,
): Promise<readonly (Attempted | undefined)[]> {
  const found = await findAll();
  // Several columns of one partition are loaded by several threads, which is sooner.
  const isWorth = (each: FoundRun | undefined): each is FoundRun =>
    each !== undefined && (runs.length > 1 || each.columns === undefined || each.columns.length === 1);
  const attempted = new Map<LeasingRun, Attempted>();
  await pMap(divide(found.filter(isWorth), threads), compute, { concurrency: threads });
  return runs.map(({ run }) => attempted.get(run));

  async function findAll(): Promise<readonly (FoundRun | undefined)[]> {
    const wanted = whenAllAbort(runs.map(({ run }) => run.signal));
    try {
      return await unlessAborted(Promise.all(runs.map(({ place, run }) => leasing.find(place, run))), wanted.signal);
    } catch {
      return [];
    } finally {
      wanted.release();
    }
  }

  async function compute(job: readonly FoundRun[]): Promise<void> {
    const leased = lease(job);
    const begun = leased.map(({ each: { place }, lease, runs }): Begun => ({ place, lease, run: runs[0]! }));
    if (begun.length === 0) return;
    try {
      for (const { place, run } of begun) onRunning?.([run.ready.partOf ?? run.ready.programKey], place.fingerprint);
      const outcomes = await runOnThread(
        workers,
        { payer: leased[0]!.payer },
        begun.map(({ run }) => run),
      );
      for (const { lease, run } of begun) {
        if (!run.lacks) continue;
        addLoading([run.times], lease, 0);
        if (lease.isReady()) leasing.count(lease);
      }
      for (const [index, outcome] of judge(outcomes, begun).entries()) attempted.set(leased[index]!.each.run, outcome);
    } catch {
      // The thread ended, or nobody wants these runs any more. Running each by itself will tell its outcome.
    } finally {
      for (const { lease } of begun) lease.release();
    }
  }

  /** Those of a job that can be leased at once. */
  function lease(job: readonly FoundRun[]): readonly (Leased & { readonly each: FoundRun })[] {
    const wanted = job.filter(({ run }) => !run.signal.aborted);
    const held = wanted.map((each) => hold(each));
    const rest = wanted.filter((each, index) => !held[index] && each.columns);
    const now = rest.length > 0 ? leasing.leaseNow(rest) : [];
    return wanted.flatMap((each, index) => {
      const leased = held[index] ?? now[rest.indexOf(each)];
      return leased ? [{ ...leased, each }] : [];
    });
  }

  /** The lease of a run's columns; undefined if that fails. Running it by itself will then tell why. */
  function hold({ place, run }: FoundRun): Leased | undefined {
    try {
      return leasing.held(place, [run]);
    } catch {
      return undefined;
    }
  }
}

/** Divides runs into jobs, those of each payer into as many as are worth it. */
function divide(found: readonly FoundRun[], threads: number): readonly (readonly FoundRun[])[] {
  const groups = new Map<string, FoundRun[]>();
  for (const each of found) {
    const key = nameOf(each.run.payer);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(each);
  }
  return [...groups.values()].flatMap((group) => cut(group, threads));
}

const nameOf = ({ priority, client }: Payer): string => `${priority} ${client}`;

function cut(group: readonly FoundRun[], threads: number): readonly (readonly FoundRun[])[] {
  const work = group.reduce((sum, each) => sum + workOf(each), 0);
  const most = group.some(({ columns }) => columns) ? mostToLoad : mostInJob;
  const count = Math.max(Math.min(threads, Math.floor(work / worthJob)), Math.ceil(group.length / most));
  const size = Math.ceil(group.length / count);
  return groupsOf(group, size);
}

function workOf({ entries, columns = [] }: FoundRun): number {
  return entries + loadFactor * columns.reduce((sum, { values }) => sum + values, 0);
}

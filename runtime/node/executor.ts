/**
 * Runs programs over partitions on the threads of this process: programs from the store, columns from the cache or the files.
 *
 * The columns that programs read of one partition are leased once for all, and the programs run over them in one job of one thread: one after another or,
 * if that is worth it, compiled together in one pass.
 * If this fails (a column cannot be read, all together do not fit into memory, the thread crashes), each program is run again alone. So is a program that
 * needs more scratch. Only a program that fails alone has failed.
 *
 * A program that traps unexpectedly may have overwritten columns. So all columns in its slab are loaded again, and everything that was being computed from
 * them is computed again.
 *
 * Guarantees: one outcome for each program over each partition, with the same bytes of the partial as if the program ran alone. Aborted runs are given up
 * within 200 ms, and their memory is free when `run` resolves, except that a thread finishes the column that it is decoding.
 * Not guaranteed: outcomes are not returned before all of them are known.
 */
import { LRUCache } from "lru-cache";
import pMap from "p-map";
import type { Log } from "../../base/log.ts";
import type { Subtask } from "../../coordination/coordinator.ts";
import type { ColumnCache } from "../../datasets/cache/column-cache.ts";
import type { DiskTier } from "../../datasets/cache/disk/disk-tier.ts";
import { type Catalogue, DatasetError, OtherFormError } from "../../datasets/dataset.ts";
import { largestRows } from "../../engine/rows/rows.ts";
import { ScratchExhausted, StepsExceeded, workBytes } from "../../engine/run/run-program.ts";
import type { ComputeOptions, Executor, Outcome, PartitionName, Payer } from "../../functions/compute/executor.ts";
import type { Meter } from "../../functions/metrics/meter.ts";
import { StoreError } from "../../storage/store-error.ts";
import { usualPayer } from "../threads/fair-turns.ts";
import { ComputeLimitExceeded, errorOf } from "../threads/job-failures.ts";
import type { ProgramOutcome } from "../threads/worker-messages.ts";
import type { WorkerPool } from "../threads/worker-pool.ts";
import { WorkerCrashed } from "../threads/worker-thread.ts";
import { unlessAborted, whenAllAbort } from "./abort.ts";
import { createPartitionFinder, type Place } from "./find-partition.ts";
import { createLeasing, type Leased } from "./lease-columns.ts";
import { type ProgramCache, type ReadyProgram, UnknownProgramError } from "./program-cache.ts";
import { type Begun, type HeldRun, jobsOf, mostInJob, runHeld } from "./run-held.ts";
import { runOnThread, type ThreadRun } from "./run-on-thread.ts";
import { noTime, rounded, type Times } from "./run-times.ts";
import { createSkipping } from "./skip-reading.ts";

export interface LocalExecutor extends Executor {
  /** Whether the columns that the subtask needs are in memory; false if its columns are not known and the program never ran here. */
  holds(subtask: Pick<Subtask, "programKey" | "fingerprint" | "columns">): boolean;
}

const scratchStep = 16;
const mostScratch = 256 * 2 ** 20;
/** Nothing more of a request is begun if its partials might together have more bytes than this. */
const mostPartialBytes = 64 * 2 ** 20;

/** A program that exceeded its time limit over this many partitions of a dataset is not begun over others for a while. */
const mostBreaches = 3;
/** Programs over fewer events are compiled together only when they are requested together again, since compiling takes about ten milliseconds. */
const worthCompiling = 50_000;
/** In milliseconds: how long exceeded limits are remembered. */
const breachesCount = 600_000;
const tooSlow = `Cannot compute this partition: ${mostBreaches} others took a thread longer than --most-compute allows, so this one was not tried`;

/** One program over one partition. */
interface Run {
  readonly kind: "run";
  readonly ready: ReadyProgram;
  readonly signal: AbortSignal;
  readonly payer: Payer;
  readonly times: Times;
}

type OnRunning = ComputeOptions["onRunning"];

/** `again`: running it alone, or with the larger scratch that it has now, may have another outcome. */
type Attempted = Outcome | { readonly kind: "again" };

const again = { kind: "again" } as const;

/** A program that is ready to run, or the outcome that it has over every partition. */
type Prepared = Outcome | { readonly kind: "ready"; readonly ready: ReadyProgram; readonly compiling: number };

export function createExecutor(options: {
  readonly catalogue: Catalogue;
  readonly programs: ProgramCache;
  readonly cache: ColumnCache;
  readonly disk?: DiskTier | undefined;
  readonly workers: Pick<WorkerPool, "run">;
  /** How many programs compute at a time, and how many partitions of one request are loaded at a time. */
  readonly threads: number;
  readonly log: Log;
  readonly meter?: Meter;
}): LocalExecutor {
  const { catalogue, programs, cache, disk, workers, threads, log, meter } = options;
  const finder = createPartitionFinder(catalogue);
  const isHeld = (fingerprint: string, { program }: ReadyProgram) => cache.holds(fingerprint, program.inputs);
  const leasing = createLeasing({ catalogue, finder, cache, meter });
  const runSkipping = createSkipping({ catalogue, find: finder.find, isHeld, programs, log, meter });
  /** How often each program recently exceeded its time limit over a dataset. */
  const breaches = new LRUCache<string, number>({ max: 1_000, ttl: breachesCount });
  /** Whether programs that are requested together run in one pass; false if that has failed for them. */
  const together = new LRUCache<string, boolean>({ max: 1_000, ttl: breachesCount });

  return {
    holds({ programKey, fingerprint, columns }) {
      if (columns !== undefined) return columns.every((name) => cache.holdsNamed(fingerprint, [name]) || disk?.has(fingerprint, name));
      const ready = programs.peek(programKey);
      return ready !== undefined && isHeld(fingerprint, ready);
    },

    async run({ programs: keys, dataset, partitions }, { signalOf, payerOf, onRunning, mostBytes = mostPartialBytes }) {
      const prepared = await prepareAll(keys, dataset, () =>
        partitions.flatMap(({ fingerprint }) => keys.map((key) => signalOf(key, fingerprint))),
      );
      /** The bytes of the partials so far, plus the most bytes of those that are being computed. */
      let bytes = 0;
      const begin = (program: Prepared, signal: AbortSignal, payer = usualPayer): Run | Outcome => {
        const run = toRun(program, signal, payer);
        if (run.kind !== "run") return run;
        if (bytes > 0 && bytes + largestPartial(run) > mostBytes) return undone("the partials before it are too large together");
        bytes += largestPartial(run);
        return run;
      };
      const beginAll = (partition: PartitionName): readonly (Run | Outcome)[] =>
        prepared.map((program, index) => {
          const pair = [keys[index]!, partition.fingerprint] as const;
          return begin(program, signalOf(...pair), payerOf?.(...pair));
        });
      const end = (run: Run, outcome: Outcome): Outcome => {
        bytes += (outcome.kind === "partial" ? outcome.partial.length : 0) - largestPartial(run);
        return outcome;
      };
      const runAll = async (place: Place, all: readonly (Run | Outcome)[]): Promise<readonly Outcome[]> => {
        const runs = all.filter((each) => each.kind === "run");
        const ran = await runSkipping(place, runs, (needed) => runTogether(place, needed, onRunning));
        const outcomes = ran.values();
        return all.map((each) => (each.kind === "run" ? end(each, outcomes.next().value!) : each));
      };
      const runOver = async (partition: PartitionName) => await runAll({ ...partition, dataset }, beginAll(partition));
      /** Runs the request's only program over some partitions. */
      const runOverHeld = async (some: readonly PartitionName[]): Promise<readonly Outcome[]> => {
        const all = some.map((partition) => ({ place: { ...partition, dataset }, run: beginAll(partition)[0]! }));
        const begun = all.filter((each): each is HeldRun & { readonly run: Run } => each.run.kind === "run");
        const attempted = await runHeld(begun, { leasing, workers, threads, onRunning, judge });
        const outcomes = new Map(begun.map(({ run }, index) => [run, attempted[index]]));
        const ending = all.map(async ({ place, run }): Promise<Outcome> => {
          if (run.kind !== "run") return run;
          const outcome = outcomes.get(run) ?? again;
          if (outcome.kind !== "again") return end(run, outcome);
          return run.signal.aborted ? end(run, undone(run.signal.reason)) : (await runAll(place, [run]))[0]!;
        });
        return await Promise.all(ending);
      };
      const isInMemory = partitions.every(({ fingerprint }) =>
        prepared.every((each) => each.kind === "ready" && isHeld(fingerprint, each.ready)),
      );
      if (isInMemory && keys.length === 1 && partitions.length > 1)
        return (await pMap(jobsOf(partitions), runOverHeld, { concurrency: threads })).flat();
      return (await pMap(partitions, runOver, { concurrency: isInMemory ? Math.max(mostInJob, threads) : threads })).flat();
    },
  };

  /** Prepares all programs. Rejects if the store cannot be reached. Compiling a program is given up once all of its signals (`signalsOf`) have aborted. */
  async function prepareAll(
    keys: readonly string[],
    dataset: string,
    signalsOf: () => readonly AbortSignal[],
  ): Promise<readonly Prepared[]> {
    const ready = keys.map((key) => (isBreaching(key, dataset) ? undefined : programs.ready(key)));
    if (ready.every((each) => each !== undefined)) return ready.map((each) => ({ kind: "ready", ready: each, compiling: 0 }));
    const wanted = whenAllAbort(signalsOf());
    try {
      return await Promise.all(keys.map((key) => prepare(key, dataset, wanted.signal)));
    } finally {
      wanted.release();
    }
  }

  function isBreaching(programKey: string, dataset: string): boolean {
    return (breaches.get(`${programKey} ${dataset}`) ?? 0) >= mostBreaches;
  }

  async function prepare(programKey: string, dataset: string, signal: AbortSignal): Promise<Prepared> {
    const begun = performance.now();
    if (isBreaching(programKey, dataset)) return { kind: "failed", cause: tooSlow, permanent: true };
    try {
      const ready = await unlessAborted(programs.get(programKey), signal);
      return { kind: "ready", ready, compiling: performance.now() - begun };
    } catch (error) {
      if (signal.aborted) return undone(signal.reason);
      if (error instanceof StoreError && error.code === "unavailable") throw error;
      return failed(error);
    }
  }

  /** One outcome for each of the runs. */
  async function runTogether(place: Place, runs: readonly Run[], onRunning: OnRunning): Promise<readonly Outcome[]> {
    if (runs.length === 0) return [];
    const outcomes: Outcome[] = [];
    for (const [index, attempted] of (await attempt(place, runs, onRunning)).entries())
      outcomes.push(attempted.kind === "again" ? (await runTogether(place, [runs[index]!], onRunning))[0]! : attempted);
    return outcomes;
  }

  async function attempt(place: Place, runs: readonly Run[], onRunning: OnRunning): Promise<readonly Attempted[]> {
    const wanted = whenAllAbort(runs.map(({ signal }) => signal));
    let leased: Leased | undefined;
    try {
      leased = leasing.held(place, runs) ?? (await leasing.lease(place, runs, wanted.signal));
      const keys = runs.map(({ ready }) => ready.partOf ?? ready.programKey);
      onRunning?.(keys, place.fingerprint);
      const { lease, payer, runs: begun } = leased;
      const group = keys.join();
      const isTogether =
        runs.length > 1 &&
        runs.every(({ ready }) => ready.source && !ready.program.rows) &&
        (together.get(group) ?? begun[0]!.entries >= worthCompiling);
      if (runs.length > 1 && !together.has(group)) together.set(group, true);
      const outcomes = await runOnThread(workers, { payer, isTogether }, begun);
      const isFailed = outcomes.some((outcome) => outcome.kind === "failed");
      if (isTogether && isFailed && !wanted.signal.aborted) together.set(group, false);
      return judge(
        outcomes,
        begun.map((run) => ({ run, place, lease })),
        isTogether,
      );
    } catch (error) {
      if (wanted.signal.aborted) return runs.map(({ signal }) => undone(signal.reason));
      if (runs.length > 1) return runs.map(() => again);
      if (error instanceof OtherFormError) return [await runRenewed(place, runs[0]!, error, onRunning)];
      return [failed(error)];
    } finally {
      wanted.release();
      leased?.lease.release();
    }
  }

  /** Turns the outcomes of one job into outcomes of the request, or into `again`. */
  function judge(outcomes: readonly ProgramOutcome[], begun: readonly Begun[], isTogether = false): readonly Attempted[] {
    for (const [index, outcome] of outcomes.entries())
      if (outcome.kind === "failed" && outcome.failure.kind === "trap") cache.spoil(begun[index]!.lease.slab);
    return outcomes.map((outcome, index) => {
      const { run, place, lease } = begun[index]!;
      // An aborted program may still have been computed to its end together with the others.
      if (isTogether && run.signal.aborted) return undone(run.signal.reason);
      if (outcome.kind === "partial" && lease.isSpoilt()) return again;
      if (outcome.kind === "partial") return { kind: "partial", partial: outcome.partial, timing: rounded(run.times) };
      if (run.signal.aborted) return undone(run.signal.reason);
      // Running each program alone will show which of them fails.
      if (isTogether) return again;
      const error = errorOf(outcome.failure);
      if (error instanceof ScratchExhausted) return growScratch(run, place);
      if (error instanceof WorkerCrashed && begun.length > 1) return again;
      const which = `${run.ready.programKey} ${place.dataset}`;
      if (error instanceof ComputeLimitExceeded) breaches.set(which, (breaches.get(which) ?? 0) + 1);
      return failed(error);
    });
  }

  /** Runs the store's present version of a program: it may have been planned again after a file with another form of a column joined the dataset. */
  async function runRenewed(place: Place, run: Run, error: OtherFormError, onRunning: OnRunning): Promise<Outcome> {
    const ready = await programs.renew(run.ready).catch(() => undefined);
    return ready ? (await runTogether(place, [{ ...run, ready }], onRunning))[0]! : failed(error);
  }

  /** Enlarges the scratch of a program, for this run and later ones. */
  function growScratch({ ready, work }: ThreadRun, place: Place): Attempted {
    const scratch = work.bytes - workBytes(ready.program, 0);
    if (scratch >= mostScratch) return failed(scratchRefused(place));
    ready.scratchBytes = Math.max(ready.scratchBytes, Math.min(mostScratch, scratch * scratchStep));
    return again;
  }

  function failed(error: unknown): Outcome {
    if (error instanceof DatasetError) return { kind: "failed", cause: error.message, permanent: error.permanent };
    if (error instanceof UnknownProgramError || error instanceof ComputeLimitExceeded || error instanceof StepsExceeded)
      return { kind: "failed", cause: error.message, permanent: true };
    if (error instanceof WorkerCrashed) return { kind: "failed", cause: error.message, permanent: false };
    log.error({ err: error }, "fault: a subtask cannot be computed");
    return { kind: "failed", cause: "The node failed at this partition; its log says why.", permanent: false };
  }
}

/** The most bytes of the partial. */
const largestPartial = ({ ready: { program } }: Run): number => workBytes(program, 0) + largestRows(program.rows);

function toRun(program: Prepared, signal: AbortSignal, payer: Payer): Run | Outcome {
  if (program.kind !== "ready") return program;
  if (signal.aborted) return undone(signal.reason);
  return { kind: "run", ready: program.ready, signal, payer, times: { ...noTime, compiling: program.compiling } };
}

function undone(reason: unknown): Outcome {
  return { kind: "undone", cause: reason instanceof Error ? reason.message : String(reason) };
}

function scratchRefused({ dataset, partition }: Place): DatasetError {
  const mebibytes = mostScratch / 2 ** 20;
  return new DatasetError(
    `One event of partition ${partition} of ${dataset} needs more than ${mebibytes} MiB for its intermediate lists; filter them before combining`,
    { permanent: true },
  );
}

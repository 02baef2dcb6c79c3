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
import { usualPayer } from "../threads/fair-turns.ts";
import { ComputeLimitExceeded, errorOf } from "../threads/job-failures.ts";
import type { ProgramOutcome } from "../threads/worker-messages.ts";
import type { WorkerPool } from "../threads/worker-pool.ts";
import { WorkerCrashed } from "../threads/worker-thread.ts";
import { whenAllAbort } from "./abort.ts";
import { createPartitionFinder, type Place } from "./find-partition.ts";
import { createLeasing, type Leased } from "./lease-columns.ts";
import { breachesCount, createPreparing, type Prepared, undone } from "./prepare-programs.ts";
import { type ProgramCache, type ReadyProgram, UnknownProgramError } from "./program-cache.ts";
import { type Begun, mostInJob, runBundle } from "./run-bundle.ts";
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

/** Programs over fewer events are compiled together only when they are requested together again, since compiling takes about ten milliseconds. */
const worthCompiling = 50_000;

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
  const examine = createSkipping({ catalogue, find: finder.find, isHeld, programs, log, meter });
  const { prepareAll, noteBreach } = createPreparing({ programs, failed });
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
      const beginRun = (program: Prepared, signal: AbortSignal, payer = usualPayer): Run | Outcome => {
        const run = toRun(program, signal, payer);
        if (run.kind !== "run") return run;
        if (bytes > 0 && bytes + largestPartial(run) > mostBytes) return undone("the partials before it are too large together");
        bytes += largestPartial(run);
        return run;
      };
      const beginAll = (partition: PartitionName): readonly (Run | Outcome)[] =>
        prepared.map((program, index) => {
          const pair = [keys[index]!, partition.fingerprint] as const;
          return beginRun(program, signalOf(...pair), payerOf?.(...pair));
        });
      const end = (run: Run, outcome: Outcome): Outcome => {
        bytes += (outcome.kind === "partial" ? outcome.partial.length : 0) - largestPartial(run);
        return outcome;
      };
      const begin = async (partition: PartitionName) => {
        const place = { ...partition, dataset };
        const all = beginAll(partition);
        const examined = await examine(
          place,
          all.filter((each) => each.kind === "run"),
        );
        return { place, all, examined };
      };
      type Begun = Awaited<ReturnType<typeof begin>>;
      const finish = async ({ place, all, examined }: Begun, ran: readonly Outcome[]): Promise<readonly Outcome[]> => {
        const finished = await examined.finish(ran, async (run) => (await runTogether(place, [run], onRunning))[0]!);
        const outcomes = finished.values();
        return all.map((each) => (each.kind === "run" ? end(each, outcomes.next().value!) : each));
      };
      const runOver = async (partition: PartitionName): Promise<readonly Outcome[]> => {
        const begun = await begin(partition);
        return await finish(begun, await runTogether(begun.place, begun.examined.needed, onRunning));
      };
      const isInMemory = partitions.every(({ fingerprint }) =>
        prepared.every((each) => each.kind === "ready" && isHeld(fingerprint, each.ready)),
      );
      if (keys.length > 1 || (partitions.length === 1 && isInMemory))
        return (await pMap(partitions, runOver, { concurrency: isInMemory ? Math.max(mostInJob, threads) : threads })).flat();
      const all = await Promise.all(partitions.map(begin));
      const bundle = all.flatMap(({ place, examined }) => examined.needed.map((run) => ({ place, run })));
      const attempted = await runBundle(bundle, { leasing, workers, threads, onRunning, judge });
      const endings = bundle.map(({ place, run }, index) => async (): Promise<readonly [Run, Outcome]> => {
        const outcome = attempted[index] ?? again;
        if (outcome.kind !== "again") return [run, outcome];
        return [run, run.signal.aborted ? undone(run.signal.reason) : (await runTogether(place, [run], onRunning))[0]!];
      });
      const outcomes = new Map(await pMap(endings, (ending) => ending(), { concurrency: threads }));
      const finishing = all.map((begun) =>
        finish(
          begun,
          begun.examined.needed.map((run) => outcomes.get(run)!),
        ),
      );
      return (await Promise.all(finishing)).flat();
    },
  };

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
      if (outcome.kind === "partial" && (lease.isSpoilt() || !lease.isReady())) return again;
      if (outcome.kind === "partial") return { kind: "partial", partial: outcome.partial, timing: rounded(run.times) };
      if (run.signal.aborted) return undone(run.signal.reason);
      // Running each program alone will show which of them fails, and loading alone what is wrong with a column.
      if (isTogether || outcome.failure.kind === "unloaded") return again;
      const error = errorOf(outcome.failure);
      if (error instanceof ScratchExhausted) return growScratch(run, place);
      if (error instanceof WorkerCrashed && begun.length > 1) return again;
      if (error instanceof ComputeLimitExceeded) noteBreach(run.ready.programKey, place.dataset);
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

function scratchRefused({ dataset, partition }: Place): DatasetError {
  const mebibytes = mostScratch / 2 ** 20;
  return new DatasetError(
    `One event of partition ${partition} of ${dataset} needs more than ${mebibytes} MiB for its intermediate lists; filter them before combining`,
    { permanent: true },
  );
}

/**
 * Leases the columns that programs read of one partition, and a work area for each program: at once if all columns are in memory, or if the thread that runs
 * the program loads those that are missing; otherwise after locating and loading them.
 *
 * Columns in memory under a partition's fingerprint are valid for it, so neither file nor description is looked at for them.
 */
import { CachedColumn } from "../../datasets/cache/cached-column.ts";
import type { ColumnCache } from "../../datasets/cache/column-cache.ts";
import type { Lease } from "../../datasets/cache/lease.ts";
import { type ColumnForm, formsOf } from "../../datasets/column-form.ts";
import { type Catalogue, type ColumnLocation, DatasetError } from "../../datasets/dataset.ts";
import { isLocal } from "../../datasets/sources/sources.ts";
import { workBytes } from "../../engine/run/run-program.ts";
import type { Payer } from "../../functions/compute/executor.ts";
import type { Meter } from "../../functions/metrics/meter.ts";
import { unlessAborted } from "./abort.ts";
import type { createPartitionFinder, Place } from "./find-partition.ts";
import type { ReadyProgram } from "./program-cache.ts";
import type { ThreadRun } from "./run-on-thread.ts";
import { addLoading, type Times } from "./run-times.ts";

/** One program over the partition. */
export interface LeasingRun {
  readonly ready: ReadyProgram;
  readonly signal: AbortSignal;
  readonly payer: Payer;
  readonly times: Times;
}

export interface Leased {
  readonly lease: Lease;
  /** The payer of the most urgent run. */
  readonly payer: Payer;
  readonly runs: readonly ThreadRun[];
}

interface LeasingOptions {
  readonly catalogue: Pick<Catalogue, "locate">;
  readonly finder: ReturnType<typeof createPartitionFinder>;
  readonly cache: ColumnCache;
  readonly meter?: Meter | undefined;
}

/** One program over one partition, and what is known of the partition before it is leased. */
export interface FoundRun {
  readonly place: Place;
  readonly run: LeasingRun;
  readonly entries: number;
  /** Absent if all columns that the program reads are in memory. */
  readonly columns?: readonly ColumnLocation[];
}

export type Leasing = ReturnType<typeof createLeasing>;

export function createLeasing({ catalogue, finder, cache, meter }: LeasingOptions) {
  return { held, lease, find, leaseNow, count };

  /** The lease, if all columns and enough free memory are there; otherwise undefined. */
  function held(place: Place, runs: readonly LeasingRun[]): Leased | undefined {
    const partition = finder.peek(place);
    if (!partition) return undefined;
    const rooms = roomsOf(runs);
    const inputs = runs.map(({ ready: { program } }) => program.inputs);
    const leased = cache.leaseHeld({ fingerprint: place.fingerprint, inputs, workBytes: sum(rooms) });
    try {
      if (!leased) return undefined;
      const described = describe(leased, { entries: partition.entries, runs, rooms });
      count(leased);
      return described;
    } catch (error) {
      leased?.release();
      throw error;
    }
  }

  /** Finds what the program reads of a local file. Undefined if the file is not local, or cannot be used now; `lease` will tell why. Never rejects. */
  function find(place: Place, run: LeasingRun): FoundRun | undefined | Promise<FoundRun | undefined> {
    const entries = finder.peek(place)?.entries;
    if (run.signal.aborted) return undefined;
    if (entries !== undefined && cache.holds(place.fingerprint, run.ready.program.inputs)) return { place, run, entries };
    return locate(place, run).catch(() => undefined);
  }

  async function locate(place: Place, run: LeasingRun): Promise<FoundRun | undefined> {
    const { partition, broken } = await finder.find(place);
    if (broken !== undefined || !isLocal(partition.file.path)) return undefined;
    const columns = await locateColumns([run.ready], (name, form) => catalogue.locate(place.dataset, partition, name, form));
    return { place, run, entries: partition.entries, columns };
  }

  /** Leases at once what the threads then load. Undefined for those that cannot be leased now. Each must be counted by `count` once it is loaded. */
  function leaseNow(all: readonly FoundRun[]): readonly (Leased | undefined)[] {
    const rooms = all.map(({ run }) => roomsOf([run]));
    const requests = all.map(({ place: { fingerprint }, columns }, index) => ({
      fingerprint,
      columns: columns!,
      workBytes: sum(rooms[index]!),
    }));
    return cache.leaseToLoad(requests).map((each, index) => {
      if (!each) return undefined;
      const { entries, run } = all[index]!;
      try {
        const { runs, ...leased } = describe(each.lease, { entries, runs: [run], rooms: rooms[index]! });
        return { ...leased, runs: [{ ...runs[0]!, lacks: each }] };
      } catch (error) {
        for (const { settle } of each.missing) settle({ error });
        each.lease.release();
        return undefined;
      }
    });
  }

  /** Counts whence the columns came, once all are in memory. */
  function count({ loaded: { columns, fromDisk }, columns: all }: Lease): void {
    if (columns > fromDisk) meter?.count("femtoq_columns_total", "files", columns - fromDisk);
    if (fromDisk > 0) meter?.count("femtoq_columns_total", "disk", fromDisk);
    meter?.count("femtoq_columns_total", "memory", all - columns);
  }

  async function lease(place: Place, runs: readonly LeasingRun[], signal: AbortSignal): Promise<Leased> {
    const begun = performance.now();
    const { partition, broken } = await unlessAborted(finder.find(place), signal);
    let leased: Lease | undefined;
    try {
      const ready = runs.map((run) => run.ready);
      const locating = locateColumns(ready, (name, form) => catalogue.locate(place.dataset, partition, name, form));
      const columns = await unlessAborted(locating, signal);
      // Columns of a broken file cannot be located, so only programs without columns get here with one.
      if (broken !== undefined) throw new DatasetError(broken, { permanent: false });
      const rooms = roomsOf(runs);
      leased = await cache.lease({ fingerprint: place.fingerprint, columns, workBytes: sum(rooms), signal });
      const described = describe(leased, { entries: partition.entries, runs, rooms });
      count(leased);
      addLoading(
        runs.map(({ times }) => times),
        leased,
        performance.now() - begun,
      );
      return described;
    } catch (error) {
      leased?.release();
      // The files may have changed, so the catalogue is asked again next time. After an abort that is not needed.
      if (error instanceof DatasetError) finder.doubt(place.dataset);
      throw error;
    }
  }

  function describe(
    leased: Lease,
    { entries, runs, rooms }: { readonly entries: number; readonly runs: readonly LeasingRun[]; readonly rooms: readonly number[] },
  ): Leased {
    let { address } = leased.work;
    const begin = runs.map((run, index) => {
      const work = { address, bytes: rooms[index]! };
      address += work.bytes;
      const addresses = run.ready.program.inputs.map((input) => leased.address(input));
      return { ...run, slab: leased.slab.id, entries, addresses, work };
    });
    const payer = runs.map((run) => run.payer).reduce((best, each) => (each.priority < best.priority ? each : best));
    return { lease: leased, payer, runs: begin };
  }
}

/** The bytes of the work area of each run. */
const roomsOf = (runs: readonly LeasingRun[]): readonly number[] =>
  runs.map(({ ready: { program, scratchBytes } }) => workBytes(program, scratchBytes));

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

type Locate = (column: string, form: ColumnForm | undefined) => Promise<ColumnLocation>;

/**
 * Locates the columns that programs read of one partition, each once. Rejects if two programs read one column in different forms, as may happen while a dataset
 * changes; such programs cannot run together.
 */
async function locateColumns(programs: readonly ReadyProgram[], locate: Locate): Promise<readonly ColumnLocation[]> {
  const wanted = new Map<string, Promise<ColumnLocation>>();
  for (const { program, columns } of programs) {
    const forms = formsOf(program.inputs);
    for (const name of columns) {
      const form = forms.get(name);
      const key = JSON.stringify([name, form]);
      if (!wanted.has(key)) wanted.set(key, locate(name, form));
    }
  }
  const located = new Map<string, ColumnLocation>();
  for (const location of await Promise.all(wanted.values())) located.set(CachedColumn.identityOf(location.column), location);
  const columns = [...located.values()];
  if (new Set(columns.map(({ column }) => column.name)).size < columns.length)
    throw new Error("Cannot run these programs together: they read a column in two forms");
  return columns;
}

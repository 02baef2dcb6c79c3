/**
 * Leases the columns that programs read of one partition, and a work area for each program: at once if all columns are in memory, otherwise after locating
 * and loading them.
 *
 * Columns in memory under a partition's fingerprint are valid for it, so neither file nor description is looked at for them.
 */
import type { ColumnCache } from "../../datasets/cache/column-cache.ts";
import type { Lease } from "../../datasets/cache/lease.ts";
import { type Catalogue, DatasetError } from "../../datasets/dataset.ts";
import { workBytes } from "../../engine/run/run-program.ts";
import type { Payer } from "../../functions/compute/executor.ts";
import type { Meter } from "../../functions/metrics/meter.ts";
import { unlessAborted } from "./abort.ts";
import type { createPartitionFinder, Place } from "./find-partition.ts";
import { locateColumns } from "./locate-columns.ts";
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

export function createLeasing({ catalogue, finder, cache, meter }: LeasingOptions) {
  return { held, lease };

  /** The lease, if all columns and enough free memory are there; otherwise undefined. */
  function held(place: Place, runs: readonly LeasingRun[]): Leased | undefined {
    const partition = finder.peek(place);
    if (!partition) return undefined;
    const rooms = roomsOf(runs);
    const inputs = runs.map(({ ready: { program } }) => program.inputs);
    const leased = cache.leaseHeld({ fingerprint: place.fingerprint, inputs, workBytes: sum(rooms) });
    try {
      return leased && describe(leased, { entries: partition.entries, runs, rooms });
    } catch (error) {
      leased?.release();
      throw error;
    }
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
    const { columns, fromDisk } = leased.loaded;
    if (columns > fromDisk) meter?.count("femtoq_columns_total", "files", columns - fromDisk);
    if (fromDisk > 0) meter?.count("femtoq_columns_total", "disk", fromDisk);
    meter?.count("femtoq_columns_total", "memory", leased.columns - columns);
    const payer = runs.map((run) => run.payer).reduce((best, each) => (each.priority < best.priority ? each : best));
    return { lease: leased, payer, runs: begin };
  }
}

/** The bytes of the work area of each run. */
const roomsOf = (runs: readonly LeasingRun[]): readonly number[] =>
  runs.map(({ ready: { program, scratchBytes } }) => workBytes(program, scratchBytes));

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

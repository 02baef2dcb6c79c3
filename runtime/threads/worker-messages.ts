/**
 * The messages between the main thread and its worker threads. A worker does one job at a time, and answers each job once. One more job may be
 * posted ahead: the worker begins it as soon as it has ended the one before, unless it was taken back by then.
 */
import type { DiskOutcome, DiskPlace } from "../../datasets/cache/disk/read-through.ts";
import type { Block } from "../../datasets/cache/slab.ts";
import type { ColumnLocation, ReadCost } from "../../datasets/dataset.ts";
import type { Program } from "../../engine/program/program.ts";
import type { ProgramSource } from "../../engine/program/source.ts";
import type { NumberBounds } from "../../engine/skip/number-bounds.ts";

export type ToWorker =
  /** Sent once, first: the memories by slab id, and two places for the tickets of jobs that are posted ahead and not begun; both threads change these. */
  | { readonly kind: "slabs"; readonly memories: readonly WebAssembly.Memory[]; readonly tickets: Int32Array<SharedArrayBuffer> }
  /** Sent before the first run of the program on this worker. */
  | {
      readonly kind: "program";
      readonly programKey: string;
      readonly program: Program;
      readonly module: WebAssembly.Module;
      /** The numbers to set in the module before it runs; absent if the module has them already. */
      readonly numbers?: readonly number[];
      readonly source?: ProgramSource;
    }
  | { readonly kind: "forget"; readonly programKey: string }
  /** Stops reading this column of the worker's present load, since nobody waits for it any more. */
  | { readonly kind: "abort"; readonly column: number }
  | { readonly kind: "ahead"; readonly ticket: number; readonly place: number; readonly job: RunJob }
  | Job;

export type Job = LoadJob | RunJob | DemoJob;

/** Decodes columns of one partition into blocks of a slab, one after another; answers with one outcome for each. */
export interface LoadJob {
  readonly kind: "load";
  readonly slab: number;
  readonly columns: readonly ColumnToLoad[];
}

export interface ColumnToLoad {
  readonly location: ColumnLocation;
  readonly values: Block;
  readonly valid?: Block;
  readonly strings?: Block;
  readonly offsets: readonly Block[];
  /** The place of its copy in the cache on the disk. */
  readonly disk?: DiskPlace;
}

export type LoadOutcome =
  /** `offsetsOf` is the index of the column in the job that has the same offsets; the column's own were not written then. */
  | {
      readonly kind: "column";
      readonly values: number;
      readonly stringBytes?: number;
      readonly offsetsOf?: number;
      readonly cost: ReadCost;
      readonly disk?: DiskOutcome | undefined;
      /** Absent for strings. */
      readonly bounds?: NumberBounds | undefined;
    }
  | { readonly kind: "failed"; readonly failure: JobFailure };

/**
 * Runs programs over columns of one or several partitions, one after another or in one pass; answers with one outcome for each. Columns that are missing are
 * loaded just before the program that reads them.
 */
export interface RunJob {
  readonly kind: "run";
  readonly programs: readonly ProgramRun[];
  /** Whether the programs run in one pass over one partition, in one work area that all of them name. A failure is then the outcome of all. */
  readonly isTogether?: boolean;
}

export interface ProgramRun {
  readonly programKey: string;
  /** The id of the slab that has its columns and its work area. */
  readonly slab: number;
  readonly entries: number;
  /** The byte address of each of the program's inputs. */
  readonly addresses: readonly number[];
  /** The program's own work area, so that its stop flag stops no other program; if programs run together, they share it. */
  readonly work: Block;
  /** What must be loaded before it runs, from one file. Absent if nothing is missing, or if programs run together. */
  readonly load?: LoadBefore;
}

export interface LoadBefore {
  readonly columns: readonly ColumnToLoad[];
  /** By list: the offsets with which those of the columns must agree. Where there are none, they must agree with those of the first column that has the list. */
  readonly offsets: ReadonlyMap<string, Block>;
}

/** What became of the columns to be loaded before the program of this number in the job. */
export interface LoadedBefore {
  readonly run: number;
  readonly outcomes: readonly LoadOutcome[];
}

/**
 * `milliseconds` is the thread's time for the program and for encoding its partial, without waiting for turns; `loading` is its time for loading columns before
 * it.
 */
export type ProgramOutcome = { readonly milliseconds: number; readonly loading?: number } & (
  | { readonly kind: "partial"; readonly partial: Uint8Array<ArrayBuffer> }
  | { readonly kind: "failed"; readonly failure: JobFailure }
);

/** Writes one file of the demo dataset. */
export interface DemoJob {
  readonly kind: "demo";
  readonly directory: string;
  readonly index: number;
}

export type FromWorker =
  /** Sent once, when the worker is ready for jobs. */
  | { readonly kind: "up" }
  | { readonly kind: "loaded"; readonly outcomes: readonly LoadOutcome[] }
  /** Sent during a job of programs that lasts: columns that it has loaded. */
  | { readonly kind: "loadedBefore"; readonly loads: readonly LoadedBefore[] }
  /** `loads` are those that were not told during the job; absent if nothing was loaded. */
  | { readonly kind: "ran"; readonly outcomes: readonly ProgramOutcome[]; readonly loads?: readonly LoadedBefore[] }
  | { readonly kind: "wrote" }
  | { readonly kind: "failed"; readonly failure: JobFailure };

/**
 * - `dataset`: unreadable data.
 * - `stopped`: the stop flag was set.
 * - `scratch`: the work area was too small.
 * - `steps`: going through its lists would take too many steps.
 * - `limit`: it computed longer than the limit, which is in milliseconds.
 * - `unloaded`: a column that the program reads could not be loaded before it.
 * - `interrupted`: its thread was ended because of another program of the job.
 * - `trap`: the compiled program broke a rule of WebAssembly, such as reaching beyond the memory; it may have overwritten columns.
 * - `internal`: another error in this software.
 */
export type JobFailure =
  | { readonly kind: "dataset"; readonly message: string; readonly permanent: boolean }
  | { readonly kind: "stopped" }
  | { readonly kind: "scratch" }
  | { readonly kind: "steps"; readonly message: string }
  | { readonly kind: "limit"; readonly milliseconds: number }
  | { readonly kind: "unloaded" }
  | { readonly kind: "interrupted" }
  | { readonly kind: "trap"; readonly message: string }
  | { readonly kind: "internal"; readonly message: string };

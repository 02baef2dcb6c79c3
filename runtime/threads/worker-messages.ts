/**
 * What the main thread and its worker threads say to each other. A worker does one job at a time; each job that it does has one answer. One more may be
 * posted ahead: the worker begins it as soon as it has ended the one before, unless it was taken back by then.
 */
import type { DiskOutcome, DiskPlace } from "../../datasets/cache/disk/read-through.ts";
import type { Block } from "../../datasets/cache/slab.ts";
import type { ColumnLocation, ReadCost } from "../../datasets/dataset.ts";
import type { Program } from "../../engine/program/program.ts";
import type { ProgramSource } from "../../engine/program/source.ts";
import type { NumberBounds } from "../../engine/skip/number-bounds.ts";

export type ToWorker =
  /** Once, first: the memories, by slab id, and two places for the tickets of jobs that are posted ahead and not begun yet; both threads change them. */
  | { readonly kind: "slabs"; readonly memories: readonly WebAssembly.Memory[]; readonly tickets: Int32Array<SharedArrayBuffer> }
  /** Before the first run of the program on this worker. */
  | {
      readonly kind: "program";
      readonly programKey: string;
      readonly program: Program;
      readonly module: WebAssembly.Module;
      /** Those that the module is to be given before it runs; absent where it has them. */
      readonly numbers?: readonly number[];
      readonly source?: ProgramSource;
    }
  | { readonly kind: "forget"; readonly programKey: string }
  /** Nobody waits for this column of the load that it has: it ends soon, as stopped. */
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
  /** Its copy on the disk. */
  readonly disk?: DiskPlace;
}

export type LoadOutcome =
  /** `offsetsOf`: the column of the job whose offsets are its own, too: those at its own place were not written. */
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

/** Runs programs over columns of one or several partitions, one after another or in one pass; answers with one outcome for each. */
export interface RunJob {
  readonly kind: "run";
  readonly programs: readonly ProgramRun[];
  /** In one pass over one partition, in one work area that is named for each of them: what goes wrong is the outcome of all. */
  readonly isTogether?: boolean;
}

export interface ProgramRun {
  readonly programKey: string;
  /** Where its columns and its work area are. */
  readonly slab: number;
  readonly entries: number;
  /** Byte address for each of the program's inputs. */
  readonly addresses: readonly number[];
  /** Of this program alone, but where they run together: its stop flag ends no other. */
  readonly work: Block;
}

/** `milliseconds`: of the thread, in the program and in encoding its partial; waiting for its turn is not among them. */
export type ProgramOutcome = { readonly milliseconds: number } & (
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
  /** Once, when jobs may be sent. */
  | { readonly kind: "up" }
  | { readonly kind: "loaded"; readonly outcomes: readonly LoadOutcome[] }
  | { readonly kind: "ran"; readonly outcomes: readonly ProgramOutcome[] }
  | { readonly kind: "wrote" }
  | { readonly kind: "failed"; readonly failure: JobFailure };

/**
 * - `dataset`: unreadable data.
 * - `stopped`: the stop flag was set.
 * - `scratch`: the work area was too small.
 * - `steps`: going through its lists would take too many steps.
 * - `limit`: it computed for longer than it may, which is so many milliseconds.
 * - `interrupted`: its thread was ended because of another program of the job.
 * - `trap`: the compiled program did what no program may do, such as reaching beyond the memory; it may have written where it may not.
 * - `internal`: another fault of ours.
 */
export type JobFailure =
  | { readonly kind: "dataset"; readonly message: string; readonly permanent: boolean }
  | { readonly kind: "stopped" }
  | { readonly kind: "scratch" }
  | { readonly kind: "steps"; readonly message: string }
  | { readonly kind: "limit"; readonly milliseconds: number }
  | { readonly kind: "interrupted" }
  | { readonly kind: "trap"; readonly message: string }
  | { readonly kind: "internal"; readonly message: string };

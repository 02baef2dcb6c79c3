/** What is asked of a job of programs on a thread, and how it is followed. */
import type { Payer } from "../../functions/compute/executor.ts";
import type { ToLoadBefore } from "./loads-before.ts";
import type { ProgramOutcome } from "./worker-messages.ts";

export interface Running {
  /** One outcome for each program. Rejects with `RunStopped` if it was cancelled, or `WorkerCrashed`. Settles once no thread uses the job's memory any more. */
  readonly done: Promise<readonly ProgramOutcome[]>;
  /** When a thread began it, by `performance.now()`; undefined before. */
  begun(): number | undefined;
  /** Cancels the job if it has not begun; `done` then rejects with `RunStopped`. Returns whether it did. */
  cancel(): boolean;
  /** Stops one of its programs within about 30 ms. */
  stop(index: number): void;
}

export interface RunOptions {
  readonly payer?: Payer;
  /** For each program, the columns that are missing, if any: the thread loads them before it runs the program, and they settle. */
  readonly lacking?: readonly (ToLoadBefore | undefined)[];
}

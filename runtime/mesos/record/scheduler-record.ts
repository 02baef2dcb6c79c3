/**
 * What a scheduler must not forget: the framework's id, and each task with its latest launch. Whoever opens a record has it alone.
 *
 * A change is durable when `write` resolves. Once `lost` aborts, somebody else has the record, and nothing more is written here.
 */
import type { RecordChange } from "../scheduler/scheduler-state.ts";
import type { Task } from "../scheduler/task.ts";

export interface SchedulerRecord {
  /** As they were when the record was opened. */
  readonly frameworkId: string | undefined;
  readonly tasks: readonly Task[];
  /** A framework's id that is "" stands for none. */
  write(changes: readonly (RecordChange | { readonly kind: "framework"; readonly frameworkId: string })[]): Promise<void>;
  /** After a teardown: the next framework begins anew. */
  clear(): Promise<void>;
  readonly lost: AbortSignal;
  close(): Promise<void>;
}

/** The record cannot be opened, for a reason that its operator can mend; the message says which. */
export class RecordError extends Error {
  override readonly name = "RecordError";
}

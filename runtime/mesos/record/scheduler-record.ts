/**
 * The interface of a scheduler's durable record: the framework's id, and each task with its latest launch. One scheduler at a time has a record open.
 *
 * A change is durable when `write` resolves. After `lost` aborts, another scheduler may have the record, and nothing more is written here.
 */
import type { RecordChange } from "../scheduler/scheduler-state.ts";
import type { Task } from "../scheduler/task.ts";

export interface SchedulerRecord {
  /** The framework's id and its tasks, as they were when the record was opened. */
  readonly frameworkId: string | undefined;
  readonly tasks: readonly Task[];
  /** Writes changes. The framework's id "" means that there is none. */
  write(changes: readonly (RecordChange | { readonly kind: "framework"; readonly frameworkId: string })[]): Promise<void>;
  /** Empties the record after a teardown, so that the next framework begins anew. */
  clear(): Promise<void>;
  readonly lost: AbortSignal;
  close(): Promise<void>;
}

/** The record cannot be opened, for a reason in the message that its operator can mend. */
export class RecordError extends Error {
  override readonly name = "RecordError";
}

import type { SchedulerRecord } from "../../runtime/mesos/record/scheduler-record.ts";

/** A scheduler's record that forgets: for tests in which no other process takes over. */
export const memoryRecord = (): SchedulerRecord => ({
  frameworkId: undefined,
  tasks: [],
  lost: new AbortController().signal,
  write: async () => undefined,
  clear: async () => undefined,
  close: async () => undefined,
});

/**
 * A scheduler has tasks run on a Mesos cluster, one leader at a time.
 *
 * Promises: what `want` resolved for survives a crash of this process, and is launched once somebody leads again. No two launches of one task are
 * alive at the same time, unless the task allows it (`whenUnreachable: "replace"`). A launch is recorded before Mesos hears of it, and an update
 * before it is acknowledged. Every offer is answered at once.
 */
import type { Task } from "./task.ts";
import type { WantedTask } from "./wanted-task.ts";

export interface Scheduler {
  readonly frameworkId: string;
  /** Resolves when it is recorded. A task that is wanted already, under the same id, stays as it is, ended or not. */
  want(tasks: readonly WantedTask[]): Promise<void>;
  /** Pending ones are killed at once, others when Mesos says so: followers hear of it. `grace`, in milliseconds, goes before the tasks' own. */
  unwant(ids: readonly string[], options?: { readonly grace?: number }): Promise<void>;
  /** Ended tasks leave the record. */
  forget(ids: readonly string[]): Promise<void>;
  tasks(): readonly Task[];
  task(id: string): Task | undefined;
  /** For a pending task, what it waits for, for people: "no offer with 2 cpus and 4096 MB; the biggest had 1 cpus and 2048 MB". */
  whyPending(id: string): string | undefined;
  /** When an operator means to take an agent away (milliseconds since the epoch), where one does. Nothing new is launched there shortly before. */
  maintenanceOf(agentId: string): number | undefined;
  /** Sends a message to the executor of a task. Messages may be lost. */
  send(id: string, data: Uint8Array): Promise<void>;
  /** Until the returned function is called; the listener must not throw. */
  follow(listener: (news: SchedulerNews) => void): () => void;
  /** Resolves when this scheduler has ended, for whatever reason. */
  readonly ended: Promise<SchedulerEnd>;
  /** Leaves; tasks go on, and Mesos waits for a scheduler to come back. */
  stop(): Promise<void>;
  /** Ends the framework for good, with all its tasks. `keepTasks`: how they ended stays in the record, for whoever opens it next. */
  teardown(options?: { readonly keepTasks?: boolean }): Promise<void>;
}

export type SchedulerNews =
  /** Its state, its placement or what is known of it changed. `data` is what the executor sent with the update. */
  | { readonly kind: "task"; readonly task: Task; readonly data?: Uint8Array }
  | { readonly kind: "forgotten"; readonly id: string }
  /** From the executor of tasks, which may not be ours to know any more. */
  | { readonly kind: "message"; readonly agentId: string; readonly executorId: string; readonly data: Uint8Array }
  | { readonly kind: "connected" }
  | { readonly kind: "disconnected"; readonly cause: string };

export type SchedulerEnd =
  | { readonly kind: "stopped" | "torn-down" }
  /** Its record is, with its session or to another scheduler; one that opens the record anew goes on. */
  | { readonly kind: "lost"; readonly message: string }
  /** Another scheduler has this framework now; this one must not come back by itself. */
  | { readonly kind: "replaced"; readonly message: string }
  /** Mesos will have none of it: a wrong principal, a role that it does not know, a framework that was removed. */
  | { readonly kind: "refused"; readonly message: string };

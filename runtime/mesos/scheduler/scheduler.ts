/**
 * The interface of a scheduler, which runs tasks on a Mesos cluster. One scheduler of a framework leads at a time.
 *
 * Guarantees: tasks for which `want` resolved survive a crash of this process, and are launched when a scheduler leads again. Two launches of one task are
 * never alive at the same time, unless the task allows it (`whenUnreachable: "replace"`). A launch is recorded before it is sent to Mesos, and an
 * update before it is acknowledged. Every offer is answered at once.
 */
import type { Task } from "./task.ts";
import type { WantedTask } from "./wanted-task.ts";

export interface Scheduler {
  readonly frameworkId: string;
  /** Adds tasks; resolves when they are recorded. A task with a known id stays as it is, even if it has ended. */
  want(tasks: readonly WantedTask[]): Promise<void>;
  /** Kills tasks: pending ones at once, others when Mesos reports it; followers are told. `grace`, in milliseconds, overrides the tasks' own. */
  unwant(ids: readonly string[], options?: { readonly grace?: number }): Promise<void>;
  /** Removes ended tasks from the record. */
  forget(ids: readonly string[]): Promise<void>;
  tasks(): readonly Task[];
  task(id: string): Task | undefined;
  /** What a pending task waits for, for people: "no offer with 2 cpus and 4096 MB; the biggest had 1 cpus and 2048 MB". */
  whyPending(id: string): string | undefined;
  /** When an agent's maintenance begins, in milliseconds since the epoch, if one is planned. Nothing is launched there shortly before. */
  maintenanceOf(agentId: string): number | undefined;
  /** Sends a message to the executor of a task. Messages may be lost. */
  send(id: string, data: Uint8Array): Promise<void>;
  /** Calls the listener with all news until the returned function is called. It must not throw. */
  follow(listener: (news: SchedulerNews) => void): () => void;
  /** Resolves when this scheduler has ended, for whatever reason. */
  readonly ended: Promise<SchedulerEnd>;
  /** Disconnects. Tasks continue, and Mesos waits for a scheduler to come back. */
  stop(): Promise<void>;
  /** Ends the framework for good, with all its tasks. With `keepTasks`, their ends stay in the record for the next scheduler. */
  teardown(options?: { readonly keepTasks?: boolean }): Promise<void>;
}

export type SchedulerNews =
  /** A task has changed. `data` is what the executor sent with the update. */
  | { readonly kind: "task"; readonly task: Task; readonly data?: Uint8Array }
  | { readonly kind: "forgotten"; readonly id: string }
  /** A message from an executor, whose tasks may be unknown by now. */
  | { readonly kind: "message"; readonly agentId: string; readonly executorId: string; readonly data: Uint8Array }
  | { readonly kind: "connected" }
  | { readonly kind: "disconnected"; readonly cause: string };

export type SchedulerEnd =
  | { readonly kind: "stopped" | "torn-down" }
  /** The record was lost, with its session or to another scheduler. A scheduler that opens it anew can continue. */
  | { readonly kind: "lost"; readonly message: string }
  /** Another scheduler has subscribed as this framework; this one must not come back by itself. */
  | { readonly kind: "replaced"; readonly message: string }
  /** Mesos refuses the framework: a wrong principal, an unknown role, a removed framework. */
  | { readonly kind: "refused"; readonly message: string };

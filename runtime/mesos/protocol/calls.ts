/** The calls of a scheduler to the master, and of an executor to its agent. The connection adds the ids of framework and executor. */
import type { FrameworkInfo, Nanoseconds, TaskInfo, TaskStatus } from "./shapes.ts";

export type SchedulerCall =
  /** The framework states its id if it has one already. */
  | { readonly kind: "subscribe"; readonly framework: FrameworkInfo; readonly suppressedRoles?: readonly string[] }
  /** Kills all tasks of the framework and removes it for good. */
  | { readonly kind: "teardown" }
  /** All offers must be of one agent and one role. Their unused resources are declined. */
  | {
      readonly kind: "accept";
      readonly offerIds: readonly string[];
      readonly launch: readonly TaskInfo[];
      /** How long the unused resources are not offered again; 5 if absent. */
      readonly refuseSeconds?: number;
    }
  | { readonly kind: "decline"; readonly offerIds: readonly string[]; readonly refuseSeconds?: number }
  /** For all roles if none are named. */
  | { readonly kind: "revive" | "suppress"; readonly roles?: readonly string[] }
  | { readonly kind: "kill"; readonly taskId: string; readonly agentId?: string; readonly gracePeriod?: Nanoseconds }
  | { readonly kind: "shutdown"; readonly executorId: string; readonly agentId: string }
  /** Only for an update with a uuid. */
  | { readonly kind: "acknowledge"; readonly taskId: string; readonly agentId: string; readonly uuid: string }
  /** Without tasks, it asks about all tasks that the master knows. */
  | { readonly kind: "reconcile"; readonly tasks: readonly { readonly taskId: string; readonly agentId?: string }[] }
  /** A message to an executor, which may be lost. */
  | { readonly kind: "message"; readonly executorId: string; readonly agentId: string; readonly data: Uint8Array }
  | {
      readonly kind: "accept-inverse-offers" | "decline-inverse-offers";
      readonly offerIds: readonly string[];
      readonly refuseSeconds?: number;
    };

export type ExecutorCall =
  | {
      readonly kind: "subscribe";
      /** The tasks without an acknowledged update. */
      readonly unacknowledgedTasks: readonly TaskInfo[];
      readonly unacknowledgedUpdates: readonly ExecutorStatus[];
    }
  | { readonly kind: "update"; readonly status: ExecutorStatus }
  /** A message to the scheduler, which may be lost. */
  | { readonly kind: "message"; readonly data: Uint8Array }
  | { readonly kind: "heartbeat" };

/** A status update from an executor. Mesos requires a uuid, a new one for each change of state. */
export type ExecutorStatus = TaskStatus & { readonly source: "SOURCE_EXECUTOR"; readonly uuid: string };

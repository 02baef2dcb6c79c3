/** What a scheduler says to the master, and an executor to its agent. The connection adds the framework's and the executor's ids. */
import type { FrameworkInfo, Nanoseconds, TaskInfo, TaskStatus } from "./shapes.ts";

export type SchedulerCall =
  /** With the framework's id where it has one already. */
  | { readonly kind: "subscribe"; readonly framework: FrameworkInfo; readonly suppressedRoles?: readonly string[] }
  /** All of the framework's tasks are killed, and it is gone for good. */
  | { readonly kind: "teardown" }
  /** All offers must be of one agent and one role. What is left of them is declined. */
  | {
      readonly kind: "accept";
      readonly offerIds: readonly string[];
      readonly launch: readonly TaskInfo[];
      /** 5 where it is absent. */
      readonly refuseSeconds?: number;
    }
  | { readonly kind: "decline"; readonly offerIds: readonly string[]; readonly refuseSeconds?: number }
  /** Of all roles where none are named. */
  | { readonly kind: "revive" | "suppress"; readonly roles?: readonly string[] }
  | { readonly kind: "kill"; readonly taskId: string; readonly agentId?: string; readonly gracePeriod?: Nanoseconds }
  | { readonly kind: "shutdown"; readonly executorId: string; readonly agentId: string }
  /** Only of an update that has a uuid. */
  | { readonly kind: "acknowledge"; readonly taskId: string; readonly agentId: string; readonly uuid: string }
  /** With no tasks: about all that the master knows. */
  | { readonly kind: "reconcile"; readonly tasks: readonly { readonly taskId: string; readonly agentId?: string }[] }
  /** May be lost. */
  | { readonly kind: "message"; readonly executorId: string; readonly agentId: string; readonly data: Uint8Array }
  | {
      readonly kind: "accept-inverse-offers" | "decline-inverse-offers";
      readonly offerIds: readonly string[];
      readonly refuseSeconds?: number;
    };

export type ExecutorCall =
  | {
      readonly kind: "subscribe";
      /** Tasks of which no update was acknowledged yet. */
      readonly unacknowledgedTasks: readonly TaskInfo[];
      readonly unacknowledgedUpdates: readonly ExecutorStatus[];
    }
  | { readonly kind: "update"; readonly status: ExecutorStatus }
  /** May be lost. */
  | { readonly kind: "message"; readonly data: Uint8Array }
  | { readonly kind: "heartbeat" };

/** A status as an executor sends it: Mesos refuses it without a uuid, a new one for each change of the state. */
export type ExecutorStatus = TaskStatus & { readonly source: "SOURCE_EXECUTOR"; readonly uuid: string };

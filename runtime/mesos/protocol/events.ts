/** What the master says to a scheduler, and an agent to its executor. Kinds that are not known here come as `unknown`: Mesos grows. */
import type { InverseOffer, Nanoseconds, Offer, TaskInfo, TaskStatus } from "./shapes.ts";

export type SchedulerEvent =
  /** The first event. All offers from before are void. `master` is the address of the one that leads. */
  | { readonly kind: "subscribed"; readonly frameworkId: string; readonly heartbeatSeconds: number; readonly master: string }
  | { readonly kind: "heartbeat" }
  | { readonly kind: "offers"; readonly offers: readonly Offer[] }
  | { readonly kind: "inverse-offers"; readonly offers: readonly InverseOffer[] }
  | { readonly kind: "rescind" | "rescind-inverse-offer"; readonly offerId: string }
  | { readonly kind: "update"; readonly status: TaskStatus }
  | { readonly kind: "message"; readonly executorId: string; readonly agentId: string; readonly data: Uint8Array }
  | { readonly kind: "failure"; readonly failure: Failure }
  | { readonly kind: "error"; readonly message: string }
  | UnknownEvent;

/** With an executor's id: it ended, else its agent is lost. A hint: what became of tasks, updates say. */
export interface Failure {
  readonly agentId?: string;
  readonly executorId?: string;
  /** How the executor ended, as `wait` has it: the exit code is in the second byte, the signal in the lowest 7 bits. */
  readonly waitStatus?: number;
}

export type ExecutorEvent =
  | { readonly kind: "subscribed"; readonly agentId?: string }
  | { readonly kind: "launch"; readonly tasks: readonly TaskInfo[] }
  | { readonly kind: "kill"; readonly taskId: string; readonly gracePeriod?: Nanoseconds }
  /** The agent has the update; whether the scheduler has is another matter. */
  | { readonly kind: "acknowledged"; readonly taskId: string; readonly uuid: string }
  | { readonly kind: "message"; readonly data: Uint8Array }
  | { readonly kind: "shutdown" }
  | { readonly kind: "error"; readonly message: string }
  | { readonly kind: "heartbeat" }
  | UnknownEvent;

export interface UnknownEvent {
  readonly kind: "unknown";
  readonly type: string;
  /** Where the type is known, but not what the event has in it. */
  readonly problem?: string;
}

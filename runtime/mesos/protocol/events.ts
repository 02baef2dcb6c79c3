/** The events of the master for a scheduler, and of an agent for its executor. Types of newer versions of Mesos become `unknown`. */
import type { InverseOffer, Nanoseconds, Offer, TaskInfo, TaskStatus } from "./shapes.ts";

export type SchedulerEvent =
  /** The first event; all earlier offers are void. `master` is the address of the leading master. */
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

/** The end of an executor or, without its id, the loss of an agent. Only a hint, since status updates report the ends of tasks. */
export interface Failure {
  readonly agentId?: string;
  readonly executorId?: string;
  /** How the executor ended, as `wait` returns it: the exit code in the second byte, the signal in the lowest 7 bits. */
  readonly waitStatus?: number;
}

export type ExecutorEvent =
  | { readonly kind: "subscribed"; readonly agentId?: string }
  | { readonly kind: "launch"; readonly tasks: readonly TaskInfo[] }
  | { readonly kind: "kill"; readonly taskId: string; readonly gracePeriod?: Nanoseconds }
  /** The agent has received the update; the scheduler may not have it yet. */
  | { readonly kind: "acknowledged"; readonly taskId: string; readonly uuid: string }
  | { readonly kind: "message"; readonly data: Uint8Array }
  | { readonly kind: "shutdown" }
  | { readonly kind: "error"; readonly message: string }
  | { readonly kind: "heartbeat" }
  | UnknownEvent;

export interface UnknownEvent {
  readonly kind: "unknown";
  readonly type: string;
  /** What is wrong with an event of a known type. */
  readonly problem?: string;
}

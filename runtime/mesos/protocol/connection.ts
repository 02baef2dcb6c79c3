/** A subscription with a master or an agent, kept up until it is closed or makes no more sense. */
import type { ExecutorCall, SchedulerCall } from "./calls.ts";
import type { ExecutorEvent, SchedulerEvent } from "./events.ts";

export interface Connection<Call, Event> {
  /**
   * To be iterated once. `subscribed` is the first event of each subscription, `disconnected` the last; another subscription is tried for then. Ends when
   * the connection is closed. Throws a `MesosError` where trying again makes no sense.
   */
  readonly events: AsyncIterable<Event | Disconnected>;
  /** Calls go out one after the other, in this order. Resolves when Mesos has taken the call, which is not to say that it is done. Rejects with a `MesosError`. */
  send(call: Call): Promise<void>;
  /** Takes no leave: Mesos sees a disconnection. */
  close(): Promise<void>;
}

export interface Disconnected {
  readonly kind: "disconnected";
  readonly reason: string;
}

export type SchedulerConnection = Connection<Exclude<SchedulerCall, { kind: "subscribe" }>, SchedulerEvent>;
export type ExecutorConnection = Connection<Exclude<ExecutorCall, { kind: "subscribe" }>, ExecutorEvent>;

export type MesosErrorCode =
  /** There is no subscription now; what was to be done must be decided anew after the next one. */
  | "disconnected"
  /** Mesos refused the call, or the subscription: the message says why. */
  | "refused"
  /** The principal or secret is wrong, or missing. */
  | "unauthorized"
  /** Another instance of this framework has subscribed: this one must stop. */
  | "failed-over"
  /** The master has removed the framework: its id and tasks are gone. */
  | "removed"
  /** What answers at the address is no Mesos, nobody answers there by the start's deadline, or it cannot be an address. */
  | "bad-address"
  /** The connection was closed by its owner. */
  | "closed";

export class MesosError extends Error {
  override readonly name = "MesosError";
  readonly code: MesosErrorCode;

  constructor(code: MesosErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

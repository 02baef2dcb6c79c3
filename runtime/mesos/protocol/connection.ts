/** The interface of a connection with a master or an agent, which subscribes again after each loss until it is closed or refused for good. */
import type { ExecutorCall, SchedulerCall } from "./calls.ts";
import type { ExecutorEvent, SchedulerEvent } from "./events.ts";

export interface Connection<Call, Event> {
  /**
   * The events; may be iterated once. `subscribed` is the first event of each subscription, `disconnected` the last; it then subscribes again. Ends when the
   * connection is closed. Throws a `MesosError` if trying again cannot help.
   */
  readonly events: AsyncIterable<Event | Disconnected>;
  /** Sends calls one after the other, in order. Resolves when Mesos has accepted the call, before it is carried out. Rejects with a `MesosError`. */
  send(call: Call): Promise<void>;
  /** Closes the connection; Mesos sees a disconnection. */
  close(): Promise<void>;
}

export interface Disconnected {
  readonly kind: "disconnected";
  readonly reason: string;
}

export type SchedulerConnection = Connection<Exclude<SchedulerCall, { kind: "subscribe" }>, SchedulerEvent>;
export type ExecutorConnection = Connection<Exclude<ExecutorCall, { kind: "subscribe" }>, ExecutorEvent>;

export type MesosErrorCode =
  /** There is no subscription now. Calls must be decided anew after the next one. */
  | "disconnected"
  /** Mesos refused the call or the subscription; the message tells why. */
  | "refused"
  /** The principal or secret is wrong, or missing. */
  | "unauthorized"
  /** Another instance of this framework has subscribed, so this one must stop. */
  | "failed-over"
  /** The master has removed the framework, with its id and tasks. */
  | "removed"
  /** The address is malformed, nothing answers there in time, or the server there is not Mesos. */
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

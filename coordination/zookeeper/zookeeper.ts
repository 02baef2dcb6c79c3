/** ZooKeeper as the parts of the coordinator use it: one session, the paths of our root, and what they share for as long as the session lasts. */
import type { Log } from "../../base/log.ts";
import type { Combiner } from "./protocol/combine.ts";
import type { Session } from "./protocol/session.ts";
import type { Layout } from "./znodes/layout.ts";

export interface ZooKeeper {
  readonly session: Session;
  readonly combiner: Combiner;
  readonly layout: Layout;
  readonly log: Log;
  /** Aborts when the session is lost. */
  readonly lost: AbortSignal;
  /** Lists that are followed: they are looked at again after a connection was lost and found. */
  readonly followed: Set<{ look(): Promise<void> }>;
  /** The last in line for each lock, within this process. */
  readonly locks: Map<string, Promise<unknown>>;
  /** Something failed that nobody waits for. */
  readonly onError: (error: unknown) => void;
}

/** ZooKeeper as the parts of the coordinator use it: one session, the paths of our root, and what they share for as long as the session lasts. */
import type { Log } from "../../base/log.ts";
import type { Combiner } from "./protocol/combine.ts";
import type { FollowingSession } from "./protocol/followed-list.ts";
import type { Layout } from "./znodes/layout.ts";

export interface ZooKeeper extends FollowingSession {
  readonly combiner: Combiner;
  readonly layout: Layout;
  readonly log: Log;
  /** The last in line for each lock, within this process. */
  readonly locks: Map<string, Promise<unknown>>;
}

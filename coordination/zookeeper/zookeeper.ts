/** One session and the paths of our root. The parts of the coordinator share them for as long as the session lasts. */
import type { Log } from "../../base/log.ts";
import type { Combiner } from "./protocol/combine.ts";
import type { FollowingSession } from "./protocol/followed-list.ts";
import type { Layout } from "./znodes/layout.ts";

export interface ZooKeeper extends FollowingSession {
  readonly combiner: Combiner;
  readonly layout: Layout;
  readonly log: Log;
  /** For each lock, the last of those in this process that wait for it. */
  readonly locks: Map<string, Promise<unknown>>;
}

/** A node of this process on ZooKeeper, and the session that it is on. */
import { LocalNode } from "../../queue/local-node.ts";
import { Paces } from "../../queue/stragglers.ts";
import type { Registration } from "../znodes/register-node.ts";
import type { ZooKeeper } from "../zookeeper.ts";
import type { ClusterNodes } from "./cluster-nodes.ts";
import type { SessionClaim } from "./session-claim.ts";
import type { WaitingSubtasks } from "./waiting-subtasks.ts";

/** What the nodes of this process need of the session that they are on. */
export interface ClaimsSession {
  readonly zookeeper: ZooKeeper;
  readonly waiting: WaitingSubtasks;
  readonly cluster: ClusterNodes;
}

export class ZooKeeperNode extends LocalNode<SessionClaim> {
  /** In the session that there is. */
  registration: Registration | undefined;
  /** How long the subtasks took that it has done. */
  readonly paces = new Paces();
  publishing: ReturnType<typeof setTimeout> | undefined;
  isQuarantined = false;
}

/** A node of this process on ZooKeeper, and its session. */
import { LocalNode } from "../../queue/local-node.ts";
import { Paces } from "../../queue/stragglers.ts";
import type { Registration } from "../znodes/register-node.ts";
import type { ZooKeeper } from "../zookeeper.ts";
import type { ClusterNodes } from "./cluster-nodes.ts";
import type { SessionClaim } from "./session-claim.ts";
import type { WaitingSubtasks } from "./waiting-subtasks.ts";

/** The part of a session that the nodes of this process need. */
export interface ClaimsSession {
  readonly zookeeper: ZooKeeper;
  readonly waiting: WaitingSubtasks;
  readonly cluster: ClusterNodes;
}

export class ZooKeeperNode extends LocalNode<SessionClaim> {
  /** The registration in the present session. */
  registration: Registration | undefined;
  /** The durations of the subtasks that it has done. */
  readonly paces = new Paces();
  publishing: ReturnType<typeof setTimeout> | undefined;
  isQuarantined = false;
}

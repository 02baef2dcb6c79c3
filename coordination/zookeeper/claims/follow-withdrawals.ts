/**
 * Stops what a process's nodes have claimed when it is withdrawn. One watch tells of withdrawals; which they are the subtasks themselves tell, that
 * are gone: a record of a withdrawal may be older than the claim.
 */

import { FollowedList } from "../protocol/followed-list.ts";
import { unlessInDoubt } from "../protocol/zookeeper-error.ts";
import { subtaskPath } from "../znodes/layout.ts";
import type { ZooKeeper } from "../zookeeper.ts";
import type { ZooKeeperClaims } from "./claims.ts";

/** What the nodes have is little, and so is what a look costs. */
const costFactor = 2;

export function followWithdrawals(zookeeper: ZooKeeper, claims: Pick<ZooKeeperClaims, "heldHashes" | "withdraw">): void {
  const { session, layout } = zookeeper;
  const stopGone = async () => {
    const hashes = claims.heldHashes();
    const found = await Promise.all(hashes.map((hash) => session.exists(subtaskPath(layout, hash))));
    claims.withdraw(hashes.filter((_, index) => found[index] === undefined));
  };
  const list = new FollowedList({
    zookeeper,
    path: layout.withdrawn,
    costFactor,
    onList: () => {
      stopGone().catch(unlessInDoubt(zookeeper.onError));
    },
  });
  void list.look();
}

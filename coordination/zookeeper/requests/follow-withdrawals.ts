/**
 * Stops what a process's nodes have claimed when it is withdrawn. One watch tells of withdrawals; which they are the subtasks themselves tell, that
 * are gone: a record of a withdrawal may be older than the claim.
 */

import type { Members } from "../claims/members.ts";
import type { SessionContext } from "../context.ts";
import { isInDoubt } from "../protocol/zookeeper-error.ts";
import { View } from "../watching/view.ts";
import { subtaskPath } from "../znodes/layout.ts";

/** What the nodes have is little, and so is what a look costs. */
const costFactor = 2;

export function followWithdrawals(context: SessionContext, members: Pick<Members, "heldHashes" | "withdrawn">): void {
  const { session, layout } = context;
  const stopGone = async () => {
    const hashes = members.heldHashes();
    const found = await Promise.all(hashes.map((hash) => session.exists(subtaskPath(layout, hash))));
    members.withdrawn(hashes.filter((_, index) => found[index] === undefined).map((hash) => ({ hash })));
  };
  const view = new View({
    context,
    path: layout.withdrawn,
    costFactor,
    onList: () => {
      stopGone().catch((error: unknown) => {
        // After a lost connection the list is looked at again.
        if (!isInDoubt(error)) context.onError(error);
      });
    },
  });
  void view.look();
}

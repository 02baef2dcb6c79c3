/**
 * Renews a client's interest in a query. The modification time of the client's own znode, by the server's clock, says when it was last shown; it is
 * written only where the znode is there.
 */
import { set } from "../protocol/operations.ts";
import { isRefused } from "../protocol/zookeeper-error.ts";
import type { ZooKeeper } from "../zookeeper.ts";
import { readInterests } from "./interests.ts";

/** False where the client has no interest in the query. Names are hashed. */
export async function renewInterest(zookeeper: ZooKeeper, query: string, client: string): Promise<boolean> {
  const { session, layout } = zookeeper;
  for (;;) {
    const own = (await readInterests(zookeeper, query)).filter((interest) => interest.client === client);
    if (own.length === 0) return false;
    try {
      await session.commit(own.map(({ name }) => set(`${layout.interest}/${name}`, Buffer.alloc(0))));
      return true;
    } catch (error) {
      // It ended, or was replaced, just now.
      if (!isRefused(error, "no-node")) throw error;
    }
  }
}

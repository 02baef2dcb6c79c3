/** Publishes and reads the progress of starting nodes, in a znode that ends with the session of the process that published last. */
import type { NodeSupply } from "../../coordinator.ts";
import { createEphemeral, remove } from "../protocol/operations.ts";
import { isRefused } from "../protocol/zookeeper-error.ts";
import type { ZooKeeper } from "../zookeeper.ts";
import { encodeJson, parseSupply } from "./encoding.ts";
import { isPersistent, removePersistent } from "./repair.ts";
import { logSkip } from "./skip-log.ts";

type SupplyOf = Pick<ZooKeeper, "session" | "layout" | "log">;

/**
 * Publishes the supply. It replaces what another process published, which may have ended. If this session has published the same already, nothing is written.
 */
export async function publishSupply({ session, layout, log }: SupplyOf, supply: NodeSupply): Promise<void> {
  const path = layout.supply;
  const data = encodeJson(supply);
  const own = createEphemeral(path, data);
  for (;;) {
    const other = await session.get(path);
    if (other?.stat.ephemeralOwner.toString("hex") === session.id && other.data.equals(data)) return;
    if (other && isPersistent(other) && !(await removePersistent(session, path, log))) return;
    try {
      await session.commit(other && !isPersistent(other) ? [remove(path), own] : [own]);
      return;
    } catch (error) {
      if (!isRefused(error, "no-node", "node-exists")) throw error;
    }
  }
}

export async function readSupply({ session, layout, log }: SupplyOf): Promise<NodeSupply | undefined> {
  const content = await session.get(layout.supply);
  const supply = content && !isPersistent(content) ? parseSupply(content.data) : undefined;
  if (content && supply === undefined) logSkip(log, layout.supply);
  return supply;
}

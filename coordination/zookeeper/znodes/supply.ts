/** The znode that tells how far whoever starts nodes is. It goes with the session of the process that published last. */
import type { NodeSupply } from "../../coordinator.ts";
import { createEphemeral, remove } from "../protocol/operations.ts";
import { isRefused } from "../protocol/zookeeper-error.ts";
import type { ZooKeeper } from "../zookeeper.ts";
import { encodeJson, parseSupply } from "./encoding.ts";
import { isPersistent, removePersistent } from "./repair.ts";
import { logSkip } from "./skip-log.ts";

type SupplyOf = Pick<ZooKeeper, "session" | "layout" | "log">;

/** What another process published, which may have ended, is replaced. What stands there from this session already is not written again. */
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

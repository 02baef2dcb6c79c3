/** What becomes of subtasks elsewhere, as it matters for what waits here. It saves claims that would be refused. */
import type { Listing } from "../protocol/session.ts";
import type { lastChanges } from "../znodes/node-news.ts";
import type { WaitingSubtasks } from "./waiting-subtasks.ts";

/** What nodes of other processes tell of their claims. `order`: of the news; what came later are others. Gives the hashes of those that are done although this process has them. */
export function takeChanges(
  waiting: WaitingSubtasks,
  { "+": claimed, "-": done, "=": freed, "!": ended }: ReturnType<typeof lastChanges>,
  order: number,
): readonly string[] {
  for (const entry of waiting.find(claimed)) if (entry.kind === "waiting") waiting.setAside(entry, `${entry.hash} ${order}`);
  for (const entry of waiting.find(freed)) if (entry.kind === "aside") waiting.putBack(entry);
  for (const entry of waiting.find(ended)) if (entry.kind === "aside" && entry.order <= order) waiting.remove(entry);
  return waiting.removeGone(waiting.find(done), order);
}

/** What a shard has: subtasks that are not there are done or withdrawn. Gives as `takeChanges` does. */
export function takeShard(waiting: WaitingSubtasks, shard: number, { order }: Listing, names: ReadonlySet<string>): readonly string[] {
  return waiting.removeGone(
    waiting.inShard(shard).filter(({ hash }) => !names.has(hash)),
    order,
  );
}

/** Follows how other processes claim and end subtasks that wait here, which saves claims that would be refused. */
import type { Listing } from "../protocol/session.ts";
import type { lastChanges } from "../znodes/node-news.ts";
import type { WaitingSubtasks } from "./waiting-subtasks.ts";

/**
 * Takes in the news about claims of other processes' nodes. Subtasks that were queued after `order`, the order of the news, are not changed. Returns the
 * hashes of subtasks that are done although this process has claimed them.
 */
export function takeChanges(
  waiting: WaitingSubtasks,
  { "+": claimed, "-": done, "=": freed, "!": ended }: ReturnType<typeof lastChanges>,
  order: number,
): readonly string[] {
  for (const entry of waiting.entries.find(claimed)) if (entry.kind === "waiting") waiting.setAside(entry, `${entry.hash} ${order}`);
  for (const entry of waiting.entries.find(freed)) if (entry.kind === "aside") waiting.putBack(entry);
  for (const entry of waiting.entries.find(ended)) if (entry.kind === "aside" && entry.order <= order) waiting.remove(entry);
  return waiting.removeGone(waiting.entries.find(done), order);
}

/** Takes in the list of a shard: subtasks that are not in it are done or withdrawn. Returns the same hashes as `takeChanges`. */
export function takeShard(waiting: WaitingSubtasks, shard: number, { order }: Listing, names: ReadonlySet<string>): readonly string[] {
  return waiting.removeGone(
    waiting.entries.inShard(shard).filter(({ hash }) => !names.has(hash)),
    order,
  );
}

/** Finds whether a query still has live subtasks. */
import { turn } from "../../../base/turn.ts";
import { parseSubtaskBody } from "../znodes/encoding.ts";
import { subtaskPath } from "../znodes/layout.ts";
import { type ListedSubtasks, listSubtasks } from "../znodes/list-subtasks.ts";
import type { QuerySegments, Segments } from "../znodes/segments.ts";
import type { ZooKeeper } from "../zookeeper.ts";

/** The most subtasks for which `readFew` returns them. */
const mostFew = 100;
/** How many of the last subtasks are looked up singly; more would cost more than the lists of all. */
const mostSingly = 16;

/** The subtasks of a query if they are few, otherwise undefined. */
export async function readFew(zookeeper: ZooKeeper, segments: Segments, known: QuerySegments): Promise<readonly string[] | undefined> {
  const hashes = new Set<string>();
  for (const name of known.names) {
    for (const hash of (await segments.read(zookeeper, known, name)).hashes) hashes.add(hash);
    if (hashes.size > mostFew) return undefined;
  }
  return [...hashes];
}

/**
 * Finds a subtask of the query that is waiting or running; undefined if there is none. It begins at the end, since the first ones are done first. If the
 * last ones are gone, it reads the lists of all subtasks instead of looking up each.
 */
export async function findLiveSubtask(zookeeper: ZooKeeper, segments: Segments, known: QuerySegments): Promise<string | undefined> {
  let singly = mostSingly;
  let listed: ListedSubtasks | undefined;
  for (const name of known.names.toReversed()) {
    const hashes = (await segments.read(zookeeper, known, name)).hashes.toReversed();
    const first = hashes.slice(0, singly);
    singly -= first.length;
    const live = await findLive(zookeeper, first);
    if (live !== undefined) return live;
    if (hashes.length === first.length) continue;
    listed ??= await listSubtasks(zookeeper);
    for (const hash of hashes.slice(first.length)) {
      if (listed.has(hash) && !listed.failed.has(hash) && (await isLive(zookeeper, hash))) return hash;
    }
    await turn();
  }
  return undefined;
}

async function findLive(zookeeper: ZooKeeper, hashes: readonly string[]): Promise<string | undefined> {
  const live = await Promise.all(hashes.map((hash) => isLive(zookeeper, hash)));
  return hashes[live.indexOf(true)];
}

/** Whether the subtask exists and has not failed. */
async function isLive({ session, layout }: ZooKeeper, hash: string): Promise<boolean> {
  const content = await session.get(subtaskPath(layout, hash));
  return content !== undefined && parseSubtaskBody(content.data).failed === undefined;
}

/** Whether a query still has something to wait for. */
import { turn } from "../../../base/turn.ts";
import { parseSubtaskBody } from "../znodes/encoding.ts";
import { subtaskPath } from "../znodes/layout.ts";
import { type ListedSubtasks, listSubtasks } from "../znodes/list-subtasks.ts";
import type { QuerySegments, Segments } from "../znodes/segments.ts";
import type { ZooKeeper } from "../zookeeper.ts";

/** So many are told one by one which they are. */
const mostFew = 100;
/** So many of the last are asked for singly. More would cost more than the lists of all. */
const mostSingly = 16;

/** The subtasks of a query where these are few, else undefined. */
export async function readFew(zookeeper: ZooKeeper, segments: Segments, known: QuerySegments): Promise<readonly string[] | undefined> {
  const hashes = new Set<string>();
  for (const name of known.names) {
    for (const hash of (await segments.read(zookeeper, known, name)).hashes) hashes.add(hash);
    if (hashes.size > mostFew) return undefined;
  }
  return [...hashes];
}

/**
 * One of its subtasks that is waiting or running; undefined where there is none. Looks from the end: the first are done first. Where the last ones are
 * gone it asks for lists of what there is, rather than for each of many.
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

/** It is there and has not failed. */
async function isLive({ session, layout }: ZooKeeper, hash: string): Promise<boolean> {
  const content = await session.get(subtaskPath(layout, hash));
  return content !== undefined && parseSubtaskBody(content.data).failed === undefined;
}

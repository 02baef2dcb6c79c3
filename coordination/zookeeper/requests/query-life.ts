/** Whether a query still has something to wait for. */
import { setImmediate as turn } from "node:timers/promises";
import { parseSubtaskBody } from "../znodes/encoding.ts";
import { failedHash, subtaskPath } from "../znodes/layout.ts";
import type { QuerySegments, Segments } from "../znodes/segments.ts";
import type { ZooKeeper } from "../zookeeper.ts";

const mostSingly = 100;

/**
 * One of its subtasks that is waiting or running; undefined where there is none. Looks from the end: the first are done first. Where the last ones are
 * gone it asks for lists of what there is, rather than for each of many.
 */
export async function findLiveSubtask(zookeeper: ZooKeeper, segments: Segments, known: QuerySegments): Promise<string | undefined> {
  let singly = mostSingly;
  let present: ReadonlySet<string> | undefined;
  for (const name of known.names.toReversed()) {
    const hashes = (await segments.read(zookeeper, known, name)).hashes.toReversed();
    const first = hashes.slice(0, singly);
    singly -= first.length;
    const live = await findLive(zookeeper, first);
    if (live !== undefined) return live;
    if (hashes.length === first.length) continue;
    present ??= await listPresent(zookeeper);
    for (const hash of hashes.slice(first.length)) if (present.has(hash) && (await isLive(zookeeper, hash))) return hash;
    await turn();
  }
  return undefined;
}

async function findLive(zookeeper: ZooKeeper, hashes: readonly string[]): Promise<string | undefined> {
  const live = await Promise.all(hashes.map((hash) => isLive(zookeeper, hash)));
  return hashes[live.indexOf(true)];
}

/** Those that are there and have not failed, as far as lists tell. */
async function listPresent({ session, layout }: ZooKeeper): Promise<ReadonlySet<string>> {
  const [failed, ...shards] = await Promise.all([layout.failed, ...layout.shards].map((path) => session.list(path)));
  const present = new Set(shards.flatMap((listing) => listing?.children ?? []));
  for (const name of failed?.children ?? []) present.delete(failedHash(name));
  return present;
}

/** It is there and has not failed. */
export async function isLive({ session, layout }: ZooKeeper, hash: string): Promise<boolean> {
  const content = await session.get(subtaskPath(layout, hash));
  return content !== undefined && parseSubtaskBody(content.data).failed === undefined;
}

/**
 * Reads the subtasks of a query that exist. A node may have overlooked some of them although it has read the query's segments: a subtask that was done is queued
 * again by a dispatcher that did not know that yet, for another query. If that query is withdrawn, the subtask stays, since the first one names it, too. It would
 * stay for ever, and the first query with it, if it were not claimed again; then its partial is found in the store.
 */
import type { Subtask } from "../../coordinator.ts";
import { listSubtasks } from "../znodes/list-subtasks.ts";
import type { Segments } from "../znodes/segments.ts";
import type { ZooKeeper } from "../zookeeper.ts";
import type { QueryEntry } from "./entries.ts";
import type { ReadSegment } from "./unread-segments.ts";
import type { WaitingSubtasks } from "./waiting-subtasks.ts";

/** Returns the query if its subtask `hash`, which is alive, is not known as such although the query's segments were all read. */
export function overlooking(
  { queries, entries }: Pick<WaitingSubtasks, "queries" | "entries">,
  query: string,
  hash: string,
): QueryEntry | undefined {
  const [found, entry] = [queries.get(query), entries.get(hash)];
  const isKnown = entry !== undefined && found?.entries.has(entry);
  return !isKnown && found?.unread === 0 && found.segments.size > 0 ? found : undefined;
}

/** Undefined if the query is gone. */
export async function readOverlooked(zookeeper: ZooKeeper, segments: Segments, query: string): Promise<ReadSegment | undefined> {
  const known = await segments.list(zookeeper, query);
  if (known === undefined) return undefined;
  const subtasks = new Map<string, Subtask>();
  for (const each of known.names) {
    const segment = await segments.read(zookeeper, known, each);
    for (const [index, hash] of segment.hashes.entries()) subtasks.set(hash, segment.subtasks[index]!);
  }
  const { has, failed, order } = await listSubtasks(zookeeper, subtasks.keys());
  const there = [...subtasks].filter(([hash]) => has(hash) && !failed.has(hash));
  return { order, segment: { hashes: there.map(([hash]) => hash), subtasks: there.map(([, subtask]) => subtask) } };
}

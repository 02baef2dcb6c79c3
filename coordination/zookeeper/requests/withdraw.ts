/**
 * Ends interests in queries. With its last interest a query ends, too: its subtasks that no other query needs are removed.
 *
 * A transaction that removes subtasks checks the versions of the query's znode and of its programs' `guards`, which every request for these programs changes.
 * So it is refused if anything was requested since the other queries were read, and they are read again. Programs share the guards by hash; there are enough of
 * them that other people's queries seldom interfere. The transaction also records for a minute what it removed, so that processes that follow the subtasks can
 * tell withdrawn ones from done ones. Claims remain until their nodes end them, so that a subtask that is queued again meanwhile is not computed twice at the
 * same time.
 */

import { check, createSequential, type Operation, remove } from "../protocol/operations.ts";
import { isRefused, unlessRefused } from "../protocol/zookeeper-error.ts";
import type { WatchedSubtasks } from "../watching/watched-subtasks.ts";
import { encodeHashes } from "../znodes/encoding.ts";
import { guardPath, segmentProgram, subtaskPath } from "../znodes/layout.ts";
import { listSubtasks } from "../znodes/list-subtasks.ts";
import type { QuerySegments, Segments } from "../znodes/segments.ts";
import type { ZooKeeper } from "../zookeeper.ts";
import { listInterests, readInterests } from "./interests.ts";

export interface WithdrawOptions {
  readonly zookeeper: ZooKeeper;
  readonly segments: Segments;
  readonly watched: WatchedSubtasks;
  readonly onWithdrawn: (hashes: readonly string[]) => void;
}

const mostPerTransaction = 250;
const mostTries = 50;

/**
 * Ends the interest of a holder, or of all holders if none is named. Returns how many remain interested. `query` and `holder` are hashed. It may be repeated.
 */
export async function withdrawInterest(options: WithdrawOptions, query: string, holder: string | undefined): Promise<number> {
  const { zookeeper } = options;
  const own = (await readInterests(zookeeper, query)).filter((interest) => holder === undefined || interest.holder === holder);
  for (const { name } of own)
    await unlessRefused(["no-node"], () => zookeeper.session.commit([remove(`${zookeeper.layout.interest}/${name}`)]));
  const left = await readInterests(zookeeper, query);
  if (left.length === 0) await endQuery(options, query);
  return new Set(left.map((interest) => interest.holder)).size;
}

/** Removes a query in which no client is interested. Any process may do it, also after another one died while doing so. */
export async function endQuery(options: WithdrawOptions, query: string): Promise<void> {
  const { zookeeper, segments, watched, onWithdrawn } = options;
  const { session, layout } = zookeeper;
  for (let tries = 0; tries < mostTries; tries++) {
    const known = await segments.list(zookeeper, query);
    if (known === undefined) return;
    const path = `${layout.queries}/${query}`;
    // Both versions are read before the other queries are.
    const guards = [check(path, known.version), ...(await readGuards(zookeeper, known))];
    if ((await readInterests(zookeeper, query)).length > 0) return;
    const left = await findPresent(zookeeper, await findExclusive(options, known));
    try {
      for (let start = 0; start < left.length; start += mostPerTransaction) {
        const { removed, order } = await removeSubtasks(zookeeper, guards, left.slice(start, start + mostPerTransaction));
        for (const hash of removed) watched.happened(hash, { kind: "withdrawn" }, order);
        onWithdrawn(removed);
      }
      await session.commit([...guards, ...known.names.map((name) => remove(`${path}/${name}`)), remove(path)]);
      return;
    } catch (error) {
      // Something was queued or completed meanwhile, or another process withdraws the same query.
      if (!isRefused(error, "bad-version", "no-node", "not-empty")) throw error;
    }
  }
  throw new Error(`Cannot withdraw query ${query}: others kept changing it, or something is below its znodes; ask again`);
}

/** Reads the guards of the query's programs. The returned operations check that nothing is requested of these programs from now on. */
async function readGuards({ session, layout }: ZooKeeper, { names }: QuerySegments): Promise<readonly Operation[]> {
  const paths = [...new Set(names.map((name) => guardPath(layout, segmentProgram(name))))];
  const found = await Promise.all(paths.map((path) => session.exists(path)));
  return paths.map((path, index) => {
    const stat = found[index]?.stat;
    if (stat === undefined) throw new Error(`Cannot withdraw while ${path} is missing; the next process that starts makes it again`);
    return check(path, stat.version);
  });
}

/** Removes subtasks, except those that were completed meanwhile and those that cannot be removed because other software put znodes below them. */
async function removeSubtasks({ session, layout }: ZooKeeper, guards: readonly Operation[], hashes: readonly string[]) {
  for (let removed = hashes; ; ) {
    // The record comes first, so that a process that hears that a subtask is gone has heard of the record before.
    const before = [...guards, createSequential(`${layout.withdrawn}/w.`, encodeHashes(removed))];
    try {
      const { order } = await session.commit([...before, ...removed.map((hash) => remove(subtaskPath(layout, hash)))]);
      return { removed, order };
    } catch (error) {
      if (!isRefused(error, "no-node", "not-empty") || error.index < before.length) throw error;
      removed = removed.filter((_, index) => index !== error.index - before.length);
    }
  }
}

/** Finds the query's subtasks that no other query needs. */
async function findExclusive({ zookeeper, segments }: WithdrawOptions, known: QuerySegments): Promise<ReadonlySet<string>> {
  const exclusive = new Set<string>();
  for (const name of known.names) for (const hash of (await segments.read(zookeeper, known, name)).hashes) exclusive.add(hash);
  const programs = new Set(known.names.map(segmentProgram));
  const asked = [...(await listInterests(zookeeper)).keys()].filter((query) => query !== known.query);
  const others = await Promise.all(asked.map((query) => segments.list(zookeeper, query)));
  for (const other of others) {
    for (const name of other?.names ?? []) {
      if (!programs.has(segmentProgram(name))) continue;
      for (const hash of (await segments.read(zookeeper, other!, name)).hashes) exclusive.delete(hash);
    }
  }
  return exclusive;
}

/**
 * Returns those of the subtasks that exist, claimed ones first, so that their nodes stop sooner. Failed ones stay, so that a later request for them hears of
 * the failure.
 */
async function findPresent(zookeeper: ZooKeeper, hashes: ReadonlySet<string>): Promise<readonly string[]> {
  const { hashes: there, failed, claimed } = await listSubtasks(zookeeper, hashes);
  const present = there.filter((hash) => hashes.has(hash) && !failed.has(hash));
  return [...present.filter((hash) => claimed.has(hash)), ...present.filter((hash) => !claimed.has(hash))];
}

/**
 * Ends interest in queries, and with the last interest the query: removes those of its subtasks that no other query asks for.
 *
 * A transaction that removes subtasks holds only if since the other queries were read nothing was asked of this one (its znode), nor of a program like
 * its own (`guards`: so many that other people's queries seldom come between); otherwise they are read again. It also leaves the list of what it
 * removed on record for a minute, so that whoever follows the subtasks can tell them from those that are done. Claims stay until their nodes end them: a
 * subtask that is asked for anew meanwhile is not computed twice at a time.
 */

import type { SessionContext } from "../context.ts";
import { check, createSequential, type Operation, remove } from "../protocol/operations.ts";
import { isRefused } from "../protocol/zookeeper-error.ts";
import type { WatchedSubtasks } from "../watching/watched-subtasks.ts";
import { encodeHashes } from "../znodes/bodies.ts";
import { failedHash, guardPath, parseAskName, readClaimNames, segmentProgram, shardOf, subtaskPath } from "../znodes/layout.ts";
import type { QuerySegments, Segments } from "../znodes/segments.ts";
import { readAsks } from "./asks.ts";

export interface WithdrawOptions {
  readonly context: SessionContext;
  readonly segments: Segments;
  readonly watched: WatchedSubtasks;
  readonly onWithdrawn: (hashes: readonly string[]) => void;
}

const mostPerTransaction = 250;

/** Gives how many clients remain interested. Names are hashed. May be repeated. */
export async function withdrawAsk(options: WithdrawOptions, query: string, client: string): Promise<number> {
  const { context } = options;
  const own = (await readAsks(context, query)).filter((ask) => ask.client === client);
  for (const { name } of own) await unlessGone(() => context.session.commit([remove(`${context.layout.asks}/${name}`)]));
  const left = await readAsks(context, query);
  if (left.length === 0) await endQuery(options, query);
  return new Set(left.map((ask) => ask.client)).size;
}

/** Removes a query that nobody asks for. Any process may do it, also after another that died over it. */
export async function endQuery(options: WithdrawOptions, query: string): Promise<void> {
  const { context, segments, watched, onWithdrawn } = options;
  const { session, layout } = context;
  for (;;) {
    const known = await segments.list(context, query);
    if (known === undefined) return;
    const path = `${layout.queries}/${query}`;
    // Both are of before the others are read.
    const guards = [check(path, known.version), ...(await readGuards(context, known))];
    if ((await readAsks(context, query)).length > 0) return;
    const left = await findPresent(context, await findExclusive(options, known));
    try {
      for (let start = 0; start < left.length; start += mostPerTransaction) {
        const { removed, order } = await removeSubtasks(context, guards, left.slice(start, start + mostPerTransaction));
        for (const hash of removed) watched.happened(hash, { kind: "withdrawn" }, order);
        onWithdrawn(removed);
      }
      await session.commit([...guards, ...known.names.map((name) => remove(`${path}/${name}`)), remove(path)]);
      return;
    } catch (error) {
      // Something was asked for, or completed, or another process does the same.
      if (!isRefused(error, "bad-version", "no-node", "not-empty")) throw error;
    }
  }
}

/** That nothing is asked of its programs from now on. */
async function readGuards({ session, layout }: SessionContext, { names }: QuerySegments): Promise<readonly Operation[]> {
  const paths = [...new Set(names.map((name) => guardPath(layout, segmentProgram(name))))];
  const found = await Promise.all(paths.map((path) => session.exists(path)));
  return paths.map((path, index) => {
    const stat = found[index]?.stat;
    if (stat === undefined) throw new Error(`Cannot withdraw while ${path} is missing; the next process that starts makes it again`);
    return check(path, stat.version);
  });
}

/** Leaves out those that were completed meanwhile. */
async function removeSubtasks({ session, layout }: SessionContext, guards: readonly Operation[], hashes: readonly string[]) {
  for (let removed = hashes; ; ) {
    // On record first: who hears that one is gone has heard of the record by then.
    const before = [...guards, createSequential(`${layout.withdrawn}/w.`, encodeHashes(removed))];
    try {
      const { order } = await session.commit([...before, ...removed.map((hash) => remove(subtaskPath(layout, hash)))]);
      return { removed, order };
    } catch (error) {
      if (!isRefused(error, "no-node") || error.index < before.length) throw error;
      removed = removed.filter((_, index) => index !== error.index - before.length);
    }
  }
}

/** Its subtasks that no other query asks for. */
async function findExclusive({ context, segments }: WithdrawOptions, known: QuerySegments): Promise<ReadonlySet<string>> {
  const { session, layout } = context;
  const exclusive = new Set<string>();
  for (const name of known.names) for (const hash of (await segments.read(context, known, name)).hashes) exclusive.add(hash);
  const programs = new Set(known.names.map(segmentProgram));
  const asked = new Set((await session.list(layout.asks))?.children.map((name) => parseAskName(name)?.query));
  asked.delete(known.query);
  const others = await Promise.all([...asked].map((query) => (query === undefined ? undefined : segments.list(context, query))));
  for (const other of others) {
    for (const name of other?.names ?? []) {
      if (!programs.has(segmentProgram(name))) continue;
      for (const hash of (await segments.read(context, other!, name)).hashes) exclusive.delete(hash);
    }
  }
  return exclusive;
}

/** Those that are claimed first: their nodes stop the sooner. Failed ones stay, for whoever asks again to hear of. */
async function findPresent({ session, layout }: SessionContext, hashes: ReadonlySet<string>): Promise<readonly string[]> {
  const shards = [...new Set([...hashes].map(shardOf))].map((shard) => layout.shards[shard]!);
  const [claims, failed, ...lists] = await Promise.all([layout.claims, layout.failed, ...shards].map((path) => session.list(path)));
  const failedHashes = new Set(failed?.children.map(failedHash));
  const { claimed } = readClaimNames(claims?.children ?? []);
  const present = lists.flatMap((listing) => listing?.children ?? []).filter((hash) => hashes.has(hash) && !failedHashes.has(hash));
  return [...present.filter((hash) => claimed.has(hash)), ...present.filter((hash) => !claimed.has(hash))];
}

async function unlessGone(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!isRefused(error, "no-node")) throw error;
  }
}

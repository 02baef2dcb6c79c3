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
import { type Interests, listInterests, readInterests } from "./interests.ts";

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
  const { zookeeper, segments } = options;
  // The query's version is read before its interests are, since every new interest changes it.
  const [known, interests] = await Promise.all([segments.list(zookeeper, query), readInterests(zookeeper, query)]);
  const own = interests.filter((interest) => holder === undefined || interest.holder === holder);
  const paths = own.map(({ name }) => `${zookeeper.layout.interest}/${name}`);
  // The last interest ends in one transaction with the query.
  if (known && own.length === interests.length && (await tryRemove(options, known, paths))) return 0;
  for (const path of paths) await unlessRefused(["no-node"], () => zookeeper.session.commit([remove(path)]));
  const left = await readInterests(zookeeper, query);
  if (left.length === 0) await endQuery(options, query);
  return new Set(left.map((interest) => interest.holder)).size;
}

/** Removes a query in which no client is interested. Any process may do it, also after another one died while doing so. */
export async function endQuery(options: WithdrawOptions, query: string): Promise<void> {
  const { zookeeper, segments } = options;
  for (let tries = 0; tries < mostTries; tries++) {
    const known = await segments.list(zookeeper, query);
    if (known === undefined || (await tryRemove(options, known, []))) return;
    if ((await readInterests(zookeeper, query)).length > 0) return;
  }
  throw new Error(`Cannot withdraw query ${query}: others kept changing it, or something is below its znodes; ask again`);
}

/**
 * Removes a query together with these interests, given by their paths. Returns false if there are other interests in it, if something was queued or
 * completed since its version was read, or if another process withdraws it too.
 */
async function tryRemove(options: WithdrawOptions, known: QuerySegments, interests: readonly string[]): Promise<boolean> {
  const { zookeeper, watched, onWithdrawn } = options;
  const { layout } = zookeeper;
  const path = `${layout.queries}/${known.query}`;
  // Requests are answered in their order, so the guards are read before the other queries and the subtasks are.
  const reading = readHashes(options, known);
  const [guards, hashes, requested, present] = await Promise.all([
    readGuards(zookeeper, known),
    reading,
    listInterests(zookeeper),
    reading.then((hashes) => findPresent(zookeeper, new Set(hashes))),
  ]);
  if (requested.get(known.query)?.some(({ name }) => !interests.includes(`${layout.interest}/${name}`))) return false;
  const exclusive = await findExclusive(options, known, { hashes, requested });
  const left = present.filter((hash) => exclusive.has(hash));
  const checks = [check(path, known.version), ...guards];
  try {
    for (let start = 0; start === 0 || start < left.length; start += mostPerTransaction) {
      const isLast = start + mostPerTransaction >= left.length;
      const { removed, order } = await removeSubtasks(zookeeper, left.slice(start, start + mostPerTransaction), {
        before: start === 0 ? [...checks, ...interests.map(remove)] : checks,
        after: isLast ? [...known.names.map((name) => remove(`${path}/${name}`)), remove(path)] : [],
      });
      for (const hash of removed) watched.happened(hash, { kind: "withdrawn" }, order);
      onWithdrawn(removed);
    }
    return true;
  } catch (error) {
    if (!isRefused(error, "bad-version", "no-node", "not-empty")) throw error;
    return false;
  }
}

async function readHashes({ zookeeper, segments }: WithdrawOptions, known: QuerySegments): Promise<readonly string[]> {
  const read = await Promise.all(known.names.map((name) => segments.read(zookeeper, known, name)));
  return read.flatMap(({ hashes }) => hashes);
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

/**
 * Removes subtasks, except those that were completed meanwhile and those that cannot be removed because other software put znodes below them. `before` and
 * `after` are carried out in the same transaction.
 */
async function removeSubtasks(
  { session, layout }: ZooKeeper,
  hashes: readonly string[],
  { before, after }: { readonly before: readonly Operation[]; readonly after: readonly Operation[] },
) {
  for (let removed = hashes; ; ) {
    // The record comes first, so that a process that hears that a subtask is gone has heard of the record before.
    const first = removed.length > 0 ? [...before, createSequential(`${layout.withdrawn}/w.`, encodeHashes(removed))] : before;
    try {
      const { order } = await session.commit([...first, ...removed.map((hash) => remove(subtaskPath(layout, hash))), ...after]);
      return { removed, order };
    } catch (error) {
      if (!isRefused(error, "no-node", "not-empty")) throw error;
      const refused = error.index - first.length;
      if (refused < 0 || refused >= removed.length) throw error;
      removed = removed.filter((_, index) => index !== refused);
    }
  }
}

/** Finds those of the query's subtasks that no other query needs. `requested` has the interests in all queries. */
async function findExclusive(
  { zookeeper, segments }: WithdrawOptions,
  known: QuerySegments,
  { hashes, requested }: { readonly hashes: readonly string[]; readonly requested: Interests },
): Promise<ReadonlySet<string>> {
  const exclusive = new Set(hashes);
  const programs = new Set(known.names.map(segmentProgram));
  const queries = [...requested.keys()].filter((query) => query !== known.query);
  const others = await Promise.all(queries.map((query) => segments.list(zookeeper, query)));
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
  if (hashes.size === 0) return [];
  const { hashes: there, failed, claimed } = await listSubtasks(zookeeper, hashes);
  const present = there.filter((hash) => hashes.has(hash) && !failed.has(hash));
  return [...present.filter((hash) => claimed.has(hash)), ...present.filter((hash) => !claimed.has(hash))];
}

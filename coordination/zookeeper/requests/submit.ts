/**
 * Brings the subtasks of a request into ZooKeeper: it creates missing ones, joins existing ones, and leaves failed ones as they are (or, on retry, makes them
 * wait again).
 *
 * Each transaction creates some subtasks together with the segment that names them, below the query and the interest in it. So at whatever moment a dispatcher
 * dies, every subtask belongs to a query. The transaction also checks that the subtasks that it joins still exist, so that none is joined that was just
 * withdrawn; for those that the query named already, it checks instead that somebody is still interested in it. A large request takes several transactions
 * under a lock, so that two dispatchers do not disturb each other; the lock only saves time, and the transactions alone ensure correctness. A request may be
 * repeated.
 */
import { settleAll } from "../../../base/settle-all.ts";
import { turn } from "../../../base/turn.ts";
import type { Enqueued, Subtask, SubtaskRequest } from "../../coordinator.ts";
import { check, create, createSequential, type Operation, remove, set } from "../protocol/operations.ts";
import { isRefused } from "../protocol/zookeeper-error.ts";
import type { WatchedSubtasks } from "../watching/watched-subtasks.ts";
import { encodeLatest, encodeSegment } from "../znodes/encoding.ts";
import { guardPath, hashHolder, hashName, segmentPrefix, subtaskPath } from "../znodes/layout.ts";
import type { Segments } from "../znodes/segments.ts";
import type { ZooKeeper } from "../zookeeper.ts";
import { ExistingSubtasks } from "./existing-subtasks.ts";
import { createInterest, createQuery, readInterests, touchQuery } from "./interests.ts";

export interface SubmitOptions {
  readonly zookeeper: ZooKeeper;
  readonly request: SubtaskRequest;
  readonly segments: Segments;
  readonly watched: WatchedSubtasks;
  /** Makes failed subtasks wait again, and does nothing else. */
  readonly isRetry: boolean;
  /** Whether the query is new, as far as the caller knows. If this is wrong, the query is read. */
  readonly isNew: boolean;
}

export interface HashedSubtask {
  readonly subtask: Subtask;
  readonly hash: string;
}

const mostUnderWay = 4;
const mostTries = 50;
const mostPerPart = 500;
/**
 * The most bytes of keys and fingerprints in one part. A request to the server may have a million bytes, and each subtask's own znode takes about 150 of them.
 */
const mostBytes = 400_000;
const perTurn = 2_000;

/**
 * Splits a request into parts that fit into one transaction each: one program and one dataset, with bounded numbers of subtasks and bytes. A repeated key
 * counts once.
 */
export async function splitRequest(
  subtasks: readonly Subtask[],
): Promise<{ readonly parts: readonly (readonly HashedSubtask[])[]; readonly repeated: number }> {
  const parts: HashedSubtask[][] = [];
  const open = new Map<string, { part: HashedSubtask[]; bytes: number }>();
  const seen = new Set<string>();
  for (const [index, subtask] of subtasks.entries()) {
    if (index % perTurn === perTurn - 1) await turn();
    const hash = hashName(subtask.key);
    if (seen.has(hash)) continue;
    seen.add(hash);
    const kind = JSON.stringify([subtask.programKey, subtask.dataset]);
    const bytes = 3 * (subtask.key.length + subtask.fingerprint.length);
    let current = open.get(kind);
    if (current === undefined || current.part.length >= mostPerPart || current.bytes + bytes > mostBytes) {
      current = { part: [], bytes: 0 };
      open.set(kind, current);
      parts.push(current.part);
    }
    current.part.push({ subtask, hash });
    current.bytes += bytes;
  }
  return { parts, repeated: subtasks.length - seen.size };
}

/**
 * Submits the parts. If the query is withdrawn or cleared meanwhile, it ends early, and the caller asks again for what is not stored. A retry does not end
 * early: a part that has not been retried yet stays failed until its turn comes, and is then retried under the query, which is created again.
 */
export async function submit(options: SubmitOptions, parts: readonly (readonly HashedSubtask[])[]): Promise<Enqueued> {
  const submission = new Submission(options, parts.flat());
  const [first = [], ...rest] = parts;
  if (!options.isNew) await submission.start();
  const counts = [await submission.add(first)];
  const next = rest.values();
  const work = async () => {
    for (const part of next) counts.push(await submission.add(part));
  };
  await settleAll(Array.from({ length: Math.min(mostUnderWay, rest.length) }, work));
  return {
    queued: counts.reduce((sum, { queued }) => sum + queued, 0),
    joined: counts.reduce((sum, { joined }) => sum + joined, 0),
  };
}

class Submission {
  readonly #options: SubmitOptions;
  readonly #query: string;
  readonly #holder: string;
  readonly #all: readonly HashedSubtask[];
  readonly #existing: ExistingSubtasks;
  #isExistingRead = false;
  #isQueryThere = false;
  /** The name of the holder's own interest, once it exists. */
  #interest: string | undefined;
  /** The names of the holder's own interests with another priority. */
  #outdated: readonly string[] = [];
  #isStarted = false;
  #isWithdrawn = false;
  /** The subtasks that the query named already, if somebody was interested in it: until that interest ends, none of them is withdrawn. */
  #covered: ReadonlySet<string> = new Set();
  /** The name of another holder's interest, if the holder has none yet. */
  #witness: string | undefined;
  /** Paths below `failed` that do not exist, though their subtasks name them. */
  readonly #missing = new Set<string>();

  constructor(options: SubmitOptions, all: readonly HashedSubtask[]) {
    this.#options = options;
    this.#all = all;
    this.#query = hashName(options.request.queryId);
    this.#holder = hashHolder(options.request.client);
    this.#existing = new ExistingSubtasks(options.zookeeper);
  }

  /** Reads what exists of the query and of its subtasks. */
  async start(part = this.#all): Promise<void> {
    const { zookeeper, request, segments, isRetry } = this.#options;
    const [interests, known] = await Promise.all([readInterests(zookeeper, this.#query), segments.list(zookeeper, this.#query)]);
    const own = interests.filter(({ holder }) => holder === this.#holder);
    this.#interest = own.find(({ priority }) => priority === request.priority)?.name;
    this.#outdated = own.filter(({ priority }) => priority !== request.priority).map(({ name }) => name);
    this.#witness = own.length === 0 ? interests[0]?.name : undefined;
    this.#isQueryThere = known !== undefined;
    if (this.#isQueryThere || isRetry) await this.#readExisting(part);
    const covered = new Set<string>();
    // A query in which nobody is interested may be about to be removed, by several transactions if it is large.
    for (const name of interests.length > 0 ? (known?.names ?? []) : []) {
      for (const hash of (await segments.read(zookeeper, known!, name)).hashes) covered.add(hash);
    }
    this.#covered = covered;
  }

  async add(part: readonly HashedSubtask[]): Promise<Enqueued> {
    for (let tries = 0; tries < mostTries && !this.#isWithdrawn; tries++) {
      const plan = this.#plan(part);
      if (plan.operations.length === 0) return plan.counts;
      try {
        const { paths, order } = await this.#options.zookeeper.session.commit(plan.operations);
        this.#isQueryThere = true;
        this.#isStarted = true;
        this.#outdated = [];
        if (plan.interest >= 0) this.#interest = paths[plan.interest]!.slice(paths[plan.interest]!.lastIndexOf("/") + 1);
        for (const { hash } of plan.unowned) this.#options.watched.happened(hash, { kind: "unowned" }, order);
        return plan.counts;
      } catch (error) {
        if (!isRefused(error, "no-node", "node-exists", "bad-version")) throw error;
        await this.#lookAgain(part, plan.operations[error.index]!);
      }
    }
    if (this.#isWithdrawn) return { queued: 0, joined: 0 };
    throw new Error(`Cannot queue query ${this.#options.request.queryId}: others kept changing it; ask again`);
  }

  async #lookAgain(part: readonly HashedSubtask[], refused: Operation): Promise<void> {
    const { zookeeper, isRetry } = this.#options;
    const { layout } = zookeeper;
    if (refused.kind === "remove" && refused.path.startsWith(layout.failed)) this.#missing.add(refused.path);
    const isOfQuery = refused.path.startsWith(layout.queries) || refused.path.startsWith(layout.interest);
    if (!isOfQuery) return this.#readExisting(part);
    // The query was withdrawn, was cleared after it finished, or was created by another dispatcher in this moment.
    if (this.#isStarted && !isRetry && refused.kind !== "create") this.#isWithdrawn = true;
    else await this.start(part);
  }

  /** Reads which subtasks exist. If one subtask of a new query exists already, many may, so the first call reads all of them together. */
  async #readExisting(part: readonly HashedSubtask[]): Promise<void> {
    await this.#existing.read(this.#isExistingRead ? part : this.#all, { singly: this.#isExistingRead });
    this.#isExistingRead = true;
  }

  #plan(part: readonly HashedSubtask[]) {
    const { zookeeper, request, isRetry } = this.#options;
    const { layout } = zookeeper;
    const unowned: HashedSubtask[] = [];
    const named: HashedSubtask[] = [];
    const changes: Operation[] = [];
    let joined = 0;
    for (const each of part) {
      const path = subtaskPath(layout, each.hash);
      const existing = this.#existing.find(each.hash);
      if (existing === undefined && !isRetry) {
        changes.push(create(path));
        unowned.push(each);
      } else if (isRetry) {
        if (existing?.failed === undefined) continue;
        changes.push(set(path, Buffer.alloc(0), existing.version));
        const failed = `${layout.failed}/${existing.failed}`;
        if (!this.#missing.has(failed)) changes.push(remove(failed));
        unowned.push(each);
      } else {
        joined++;
        if (existing?.failed !== undefined || this.#covered.has(each.hash)) continue;
        changes.push(check(path));
      }
      named.push(each);
    }
    const counts = { queued: unowned.length, joined };
    // If all of them have failed, or none is to be retried, no subtask waits for which the query would be needed.
    const isAnythingAlive = named.length > 0 || part.some(({ hash }) => this.#covered.has(hash) && this.#existing.isAlive(hash));
    if (!isAnythingAlive) return { operations: [], unowned, counts, interest: -1 };
    const operations: Operation[] = [];
    const queryPath = `${layout.queries}/${this.#query}`;
    operations.push(this.#isQueryThere ? touchQuery(layout, request.queryId) : createQuery(layout, request.queryId));
    let interest = -1;
    if (this.#interest === undefined) {
      const about = { priority: request.priority, query: this.#query, holder: this.#holder };
      interest = operations.push(createInterest(layout, about, (named[0] ?? part[0])!.subtask.dataset)) - 1;
      if (this.#witness !== undefined) operations.push(check(`${layout.interest}/${this.#witness}`));
    } else operations.push(set(`${layout.interest}/${this.#interest}`, Buffer.alloc(0)));
    operations.push(...this.#outdated.map((name) => remove(`${layout.interest}/${name}`)));
    // An existing interest is renewed only once for all parts of the request.
    if (named.length === 0 && interest < 0) return { operations: this.#isStarted ? [] : operations, unowned, counts, interest };
    operations.push(...changes);
    const segment = encodeSegment(named.map(({ subtask }) => subtask));
    if (named.length > 0) {
      const program = hashName(named[0]!.subtask.programKey);
      operations.push(createSequential(`${queryPath}/${segmentPrefix(program)}`, segment));
      // This refuses processes that are about to withdraw subtasks of the program, so that they look again.
      operations.push(set(guardPath(layout, program), Buffer.alloc(0)));
    }
    // If the query is new and its segment short, nodes get it with this change and need not read it.
    const isNew = !this.#isQueryThere && named.length > 0;
    operations.push(set(layout.epoch, isNew ? encodeLatest(this.#query, segment) : Buffer.alloc(0)));
    return { operations, unowned, counts, interest };
  }
}

/**
 * Brings the subtasks of a request into ZooKeeper: creates those that are not there, joins those that are, lets failed ones be (or, on retry, makes
 * them wait again).
 *
 * Each transaction makes some subtasks together with the segment that names them, under the query and the interest in it: whatever moment a dispatcher dies at,
 * there is no subtask that no query needs. It also checks that the subtasks it joins are still there, so that none is joined that has
 * just been withdrawn. A large request takes several transactions under a lock, so that two dispatchers do not get into each other's way; the lock
 * is for speed, the transactions for truth. May be repeated.
 */
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
  /** Only failed subtasks, which wait again. */
  readonly isRetry: boolean;
  /** As far as the caller knows; where that proves wrong it is looked at. */
  readonly isNew: boolean;
}

export interface HashedSubtask {
  readonly subtask: Subtask;
  readonly hash: string;
}

const mostUnderWay = 4;
const mostTries = 50;
const mostPerPart = 500;
/** A request may have a million bytes, and each subtask's own znode takes about 150 of them. */
const mostBytes = 400_000;
const perTurn = 2_000;

/** A request in parts that fit into one transaction each: one program, one dataset, bounded in subtasks and bytes. A key that comes twice counts once. */
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
 * Where the query is withdrawn or cleared away meanwhile it ends early, and the caller asks again for what is not stored. A retry does not end: what it
 * has not come to yet stays failed until its turn comes, and is then retried under the query made anew.
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
  const outcomes = await Promise.allSettled(Array.from({ length: Math.min(mostUnderWay, rest.length) }, work));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
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
  /** The holder's own, once it is there. */
  #interest: string | undefined;
  /** The holder's own interest of another priority. */
  #outdated: readonly string[] = [];
  #isStarted = false;
  #isWithdrawn = false;
  #covered: ReadonlySet<string> = new Set();
  /** Paths below `failed` that are not there, though their subtasks name them. */
  readonly #missing = new Set<string>();

  constructor(options: SubmitOptions, all: readonly HashedSubtask[]) {
    this.#options = options;
    this.#all = all;
    this.#query = hashName(options.request.queryId);
    this.#holder = hashHolder(options.request.client);
    this.#existing = new ExistingSubtasks(options.zookeeper);
  }

  /** Looks what there is of the query, and of its subtasks. */
  async start(part = this.#all): Promise<void> {
    const { zookeeper, request, segments, isRetry } = this.#options;
    const [interests, known] = await Promise.all([readInterests(zookeeper, this.#query), segments.list(zookeeper, this.#query)]);
    const own = interests.filter(({ holder }) => holder === this.#holder);
    this.#interest = own.find(({ priority }) => priority === request.priority)?.name;
    this.#outdated = own.filter(({ priority }) => priority !== request.priority).map(({ name }) => name);
    this.#isQueryThere = known !== undefined;
    if (this.#isQueryThere || isRetry) await this.#readExisting(part);
    const covered = new Set<string>();
    for (const name of known?.names ?? []) {
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
    // The query was withdrawn, or finished and cleared away, or made by another dispatcher just now.
    if (this.#isStarted && !isRetry && refused.kind !== "create") this.#isWithdrawn = true;
    else await this.start(part);
  }

  /** Where one of a new query is there already, many may be: all are looked for together, once. */
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
    // Where all have failed, or nothing is to be tried again, nothing waits that the query could need.
    const isAnythingAlive = named.length > 0 || part.some(({ hash }) => this.#covered.has(hash) && this.#existing.isAlive(hash));
    if (!isAnythingAlive) return { operations: [], unowned, counts, interest: -1 };
    const operations: Operation[] = [];
    const queryPath = `${layout.queries}/${this.#query}`;
    operations.push(this.#isQueryThere ? touchQuery(layout, request.queryId) : createQuery(layout, request.queryId));
    let interest = -1;
    if (this.#interest === undefined) {
      const about = { priority: request.priority, query: this.#query, holder: this.#holder };
      interest = operations.push(createInterest(layout, about, (named[0] ?? part[0])!.subtask.dataset)) - 1;
    } else operations.push(set(`${layout.interest}/${this.#interest}`, Buffer.alloc(0)));
    operations.push(...this.#outdated.map((name) => remove(`${layout.interest}/${name}`)));
    // Interest that is there already is renewed, once for all parts of the request.
    if (named.length === 0 && interest < 0) return { operations: this.#isStarted ? [] : operations, unowned, counts, interest };
    operations.push(...changes);
    const segment = encodeSegment(named.map(({ subtask }) => subtask));
    if (named.length > 0) {
      const program = hashName(named[0]!.subtask.programKey);
      operations.push(createSequential(`${queryPath}/${segmentPrefix(program)}`, segment));
      // Whoever is about to withdraw subtasks of the program looks again.
      operations.push(set(guardPath(layout, program), Buffer.alloc(0)));
    }
    // Nodes need not look for what is new and short.
    const isNew = !this.#isQueryThere && named.length > 0;
    operations.push(set(layout.epoch, isNew ? encodeLatest(this.#query, segment) : Buffer.alloc(0)));
    return { operations, unowned, counts, interest };
  }
}

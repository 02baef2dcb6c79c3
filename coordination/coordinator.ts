/**
 * Who computes what: every subtask's state and owner. Ids only; bodies live in the store.
 *
 *   (absent) --enqueue--> unowned --claim--> owned --complete--> (absent: done, its partial is in the store)
 *                            ^                 |
 *                            |--- release -----|   handed back, not counted against it
 *                            |--- lose --------|   its node left or died; after 10 claims that were lost when computing had begun: failed
 *                            |--- fail --------|   an error; after 3 errors, or one that cannot mend: failed
 *   unowned --withdraw (no query with an interested client needs it any more)--> (absent)
 *   failed --retry--> unowned
 *
 * Promises: an accepted subtask is never lost, a crash of the process included: after a restart it is unowned again. One
 * claim at a time. Among unowned subtasks lower priority numbers go first; inside one priority clients take turns; inside one
 * client first come, first served. Completing, failing or releasing a claim that was lost changes nothing and says so. Watchers hear "done" only of what is done, and
 * "withdrawn" only of what was withdrawn; of what vanished while nobody could tell they hear nothing.
 * Does not promise: fairness in time; that a `withdrawn` owned subtask stops at once (its claim's signal says it should).
 *
 * One claim's way, as files to read in this order (E: the embedded coordinator, in `embedded/`; Z: the one on ZooKeeper, in `zookeeper/`):
 *
 *   1. a subtask waits        E: subtask-table.ts    Z: requests/submit.ts, and as nodes see it claims/waiting-subtasks.ts
 *   2. a node calls `claim`   queue/local-nodes.ts, queue/waiting-calls.ts
 *   3. what it takes          queue/claim-queue.ts, queue/next-subtask.ts, queue/waiting-order.ts, queue/locality.ts
 *   4. the claim is made      E: claims.ts           Z: claims/claims.ts, claims/claim-subtask.ts, protocol/combine.ts
 *   5. it begins and ends     E: subtask-table.ts    Z: claims/held-claim.ts
 *   6. what follows from it   queue/claim-end.ts, and for the node queue/claim-queue.ts, queue/quarantine.ts
 *   7. or it is lost          E: restore-table.ts    Z: upkeep/sweep-lost-claims.ts
 *   8. watchers hear of it    watchers.ts            Z: watching/news-feeds.ts, watching/subtask-lists.ts
 */
import type { HeldPartition } from "./queue/holdings.ts";
import type { Quarantined } from "./queue/quarantine.ts";

export interface Subtask {
  /** `programKey:partitionFingerprint`. */
  readonly key: string;
  readonly programKey: string;
  readonly fingerprint: string;
  readonly dataset: string;
  /** Index of the partition in its dataset at submission. */
  readonly partition: number;
  /** Names of the columns that the program reads: which node has them is known by these. */
  readonly columns?: readonly string[];
  /** Equal for programs that differ only in numbers (`engine/program/shape.ts`): how long one takes tells how long the others should. */
  readonly shape?: string;
}

export interface SubtaskRequest {
  readonly queryId: string;
  /** Who is interested: a client's name, or `NAME/TAB` for one of the tabs of a client's browser. Each tab has its own interest, all of them take one client's turns. */
  readonly client: string;
  /** 0–999, lower first. A subtask that several queries need has the lowest of theirs. */
  readonly priority: number;
  readonly subtasks: readonly Subtask[];
}

/** The name of the client, whichever of its tabs is interested. */
export const clientOf = (interested: string): string => interested.split("/", 1)[0]!;

/** How many subtasks of a request were new, and how many were already waiting, running or failed. */
export interface Enqueued {
  readonly queued: number;
  readonly joined: number;
}

export interface Failure {
  readonly attempts: number;
  readonly cause: string;
}

export type SubtaskState =
  | { readonly kind: "unowned" }
  | { readonly kind: "owned"; readonly node: string; readonly loading: boolean }
  | { readonly kind: "failed"; readonly failure: Failure };

/** Tells the state that a subtask has come into. */
export type SubtaskNews =
  | { readonly kind: "unowned" | "loading" | "running" | "done" | "withdrawn" }
  | { readonly kind: "failed"; readonly failure: Failure };

export type SubtaskEvent = SubtaskNews & { readonly key: string };

/** A node's exclusive hold on one subtask. What is done with it is asked of the node (`JoinedNode`). */
export interface Claim {
  readonly subtask: Subtask;
  readonly priority: number;
  /** Whose turn it was. */
  readonly client: string;
  /** Aborts when no client is interested in the subtask any more, when the claim was lost, and when a node that drains hands it back. */
  readonly signal: AbortSignal;
}

export interface Node {
  readonly id: string;
  readonly host: string;
  readonly threads: number;
  readonly cacheBytes: number;
  readonly cacheLimit: number;
  readonly running: number;
  readonly done: number;
  readonly failed: number;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** What started it, and runs it: a Mesos task's id, or what else `--task` said. */
  readonly task?: string;
  /** It failed what other nodes could do: it claims nothing until then, unless it is the only one left. */
  readonly quarantined?: Quarantined;
}

/** What a node says of itself when it joins. */
export type AboutNode = Pick<Node, "id" | "host" | "threads" | "cacheLimit" | "task">;

export interface Figures extends Pick<Node, "cacheBytes" | "running" | "done" | "failed"> {
  /** What is held in memory, for other nodes to leave it to this one; asked for at most once a second. */
  readonly held?: () => Iterable<HeldPartition>;
}

export interface ClaimOptions {
  readonly signal: AbortSignal;
  /** The most claims that are given at a time. */
  readonly most: number;
  /** So many of those that wait are given together although they are more than the share of one thread: fewer would not be worth a claim. 1 where absent. */
  readonly least?: number;
  /** Whether the node holds the subtask's columns in memory. */
  readonly prefers?: (subtask: Subtask) => boolean;
  /** Whether the subtask is claimed alone, as one with an attempt on record is. */
  readonly comesAlone?: (subtask: Subtask) => boolean;
  /** How many subtasks over one partition are claimed together, although they are more than `most`, or come alone. */
  readonly mostOverPartition?: number;
  /** What a subtask costs, in milliseconds of a thread; undefined where that is not known. Another client's subtask is claimed together with the one whose turn it is only where it costs little beside that. */
  readonly costOf?: (subtask: Subtask) => number | undefined;
  /** Gives nothing of a client of whom the node loads or computes something: it waits for somebody else, however much waits of that client. */
  readonly newcomersOnly?: boolean;
  /** Is told of each subtask just before it is claimed; another node may still be first. It must not throw. */
  readonly prepare?: (subtask: Subtask) => void;
}

/**
 * This process's own node in the coordinator. Several claims together are a matter of speed alone: each stays an entry of its own, and what becomes of one
 * (it is lost, withdrawn, refused) changes nothing for the others.
 */
export interface JoinedNode {
  readonly id: string;
  /**
   * Waits for a subtask and claims it, and with it up to `most` of those that wait; never more than the share of one thread, or `least`, so that others have
   * something to do as well. A subtask with an attempt on record comes alone. Among those of the best priority the node takes first what it `prefers`, then what no
   * node holds and belongs to this one; the rest it leaves for a moment to nodes that are better placed (`queue/locality.ts`). No client waits long for that.
   * Where `mostOverPartition` allows it, other subtasks that wait for the same partition are claimed together with what it takes.
   * Calls that take from anybody are served before those for newcomers only.
   * Resolves with no claim when the node drains. Rejects with the signal's reason when aborted.
   */
  claim(options: ClaimOptions): Promise<readonly Claim[]>;
  /**
   * Computing begins: watchers hear "running", and from now on these claims count as attempts where they are lost. Resolves when that is on record; computing need not
   * wait for it. Of claims that have begun or ended already it changes nothing.
   */
  begin(claims: readonly Claim[]): Promise<void>;
  /** Tells that these are computed and only have to be saved, so that their clients may count as newcomers again. */
  computed(claims: readonly Claim[]): void;
  /** Call after the partials are stored. One answer for each claim, in their order: false where it was lost, or had ended. Where it rejects it may be called again. */
  complete(claims: readonly Claim[]): Promise<readonly boolean[]>;
  /**
   * Completes claims in the transaction in which their partials are stored: `write` stores them, inside it, and says of each claim, in their order, whether
   * it is completed with that. Answers as `complete` does, false for those that are not. Where it rejects all are claimed as before.
   * Absent where the coordinator shares no environment with the store.
   */
  completeAlong?(claims: readonly Claim[], write: () => readonly boolean[]): Promise<readonly boolean[]>;
  /** Back to unowned without an attempt counted. Answers as `complete` does. */
  release(claims: readonly Claim[]): Promise<readonly boolean[]>;
  /** An error. `permanent`: trying again cannot help. */
  fail(claim: Claim, cause: string, options?: { readonly permanent?: boolean }): Promise<boolean>;
  /** Claims nothing more, hands back what has not begun, and resolves when the other claims have ended. */
  drain(): Promise<void>;
  report(figures: Figures): void;
  /** All its claims are lost. */
  leave(): Promise<void>;
}

/** Counts the subtasks that wait, are claimed or have failed, of all programs that read the same columns of one dataset. */
export interface Demand {
  readonly dataset: string;
  /** Names, sorted. Empty where they are not known. */
  readonly columns: readonly string[];
  /** Numbers of subtasks by state. */
  readonly unowned: number;
  readonly owned: number;
  readonly failed: number;
  /** The lowest priority number among the unowned ones; undefined where there are none. */
  readonly priority: number | undefined;
  /** Milliseconds since the epoch: no unowned one has waited since before. Undefined where there are none. */
  readonly since: number | undefined;
}

/** How far whoever starts nodes where they are needed is with that, such as a Mesos framework. */
export interface NodeSupply {
  /** How many nodes should be there. */
  readonly wanted: number;
  /** How many of them are. */
  readonly there: number;
  /** Why the others are not, for people; a few lines at most. */
  readonly missing: readonly string[];
}

export interface WatchOptions {
  /** The caller queues them, or asks for their states, after this: what becomes of them in between it need not hear. */
  readonly asksNext?: boolean;
}

export interface Coordinator {
  /** Milliseconds for which a client stays interested in a query without renewing that. */
  readonly interestTerm: number;
  /** Watchers hear nothing of a subtask that came and went between two looks: whoever follows subtasks has to ask for their states now and then. */
  readonly skipsEvents?: boolean;
  /** Creates what is not there, joins what is; renews the client's interest in the query. Resolves when it would survive a crash. */
  enqueue(request: SubtaskRequest): Promise<Enqueued>;
  /** The states of those that are known; a key that is absent is done, withdrawn or was never queued. */
  states(keys: readonly string[]): Promise<ReadonlyMap<string, SubtaskState>>;
  /** Renews the interest that a client has; false where it has none, or the query has no live subtasks. Never creates interest. */
  renew(queryId: string, client: string): Promise<boolean>;
  /**
   * How many clients are interested in each of these queries; 0 also where all its subtasks are done or failed, for interest ends with them. Renews
   * nothing. Whoever reads 0 and then finds subtasks that are neither stored nor failed knows that the query was withdrawn.
   */
  interest(queryIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /**
   * Ends a client's interest in a query, or everybody's where none is named. With none left, its subtasks that no other query needs are withdrawn. Gives what
   * remains interested.
   */
  withdraw(queryId: string, client?: string): Promise<{ readonly interested: number }>;
  /** Failed subtasks among these become unowned, with fresh attempts. Gives their number. */
  retry(request: SubtaskRequest): Promise<number>;
  /** Events of these subtasks from now on, until the signal aborts. The listener must not throw. */
  watch(keys: ReadonlySet<string>, listener: (event: SubtaskEvent) => void, signal: AbortSignal, options?: WatchOptions): void;
  join(node: AboutNode): Promise<JoinedNode>;
  nodes(): Promise<readonly Node[]>;
  /** Tells everybody. It is forgotten when this process has ended. */
  publishSupply(supply: NodeSupply): Promise<void>;
  /** Undefined where nobody starts nodes. */
  supply(): Promise<NodeSupply | undefined>;
  /** How many subtasks there are, by what they read; nothing where there are none. Where there are very many it may be some seconds old. */
  demand(): Promise<readonly Demand[]>;
  close(): Promise<void>;
}

/** It cannot be reached now; what was asked may or may not have happened, and may be asked again. */
export class CoordinatorUnavailableError extends Error {
  override readonly name: string = "CoordinatorUnavailableError";
}

/** A request that would bring more subtasks than the coordinator keeps: nothing of it was queued; the same request may fit later. */
export class CoordinatorFullError extends Error {
  override readonly name = "CoordinatorFullError";

  constructor(waiting: number, limit: number) {
    super(`Cannot queue the query: ${waiting} partitions are waiting or running, and the most is ${limit}; ask again when some are done`);
  }
}

/** Milliseconds: `Coordinator.interestTerm` where none is given. */
export const usualInterestTerm = 24 * 3_600_000;

export function requirePriority(priority: number): void {
  if (Number.isInteger(priority) && priority >= 0 && priority <= 999) return;
  throw new RangeError(`Cannot queue with priority ${priority}: it is a whole number from 0 to 999`);
}

/** Milliseconds for which a subtask is left to a node that is better placed for it. */
export const usualLocalityDelay = 150;
export const mostErrors = 3;
export const mostLostClaims = 10;

/**
 * Coordinates who computes what: it keeps the state and owner of every subtask. It only has ids; bodies are in the store.
 *
 *   (absent) --enqueue--> unowned --claim--> owned --complete--> (absent: done, its partial is in the store)
 *                            ^                 |
 *                            |--- release -----|   handed back; counts no attempt
 *                            |--- lose --------|   its node left or died; failed after 10 claims that were lost while computing
 *                            |--- fail --------|   an error; failed after 3 errors or a permanent one
 *   unowned --withdraw (no query with an interested client needs it any more)--> (absent)
 *   failed --retry--> unowned
 *
 * Guarantees: an accepted subtask is never lost, even if the process crashes: after a restart it is unowned again. It has at most one
 * claim at a time. Among unowned subtasks, lower priority numbers go first; within a priority, clients take turns; a client's subtasks go
 * in order of arrival. Completing, failing or releasing a lost claim changes nothing and returns false. Watchers hear "done" only of done subtasks, and
 * "withdrawn" only of withdrawn ones; they hear nothing of a subtask that vanished while neither could be told.
 * Not guaranteed: fairness in time; that an owned subtask stops at once when it is withdrawn (its claim's signal tells it to).
 *
 * The way of a claim, as files to read in this order (E: the embedded coordinator, in `embedded/`; Z: the one on ZooKeeper, in `zookeeper/`):
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
  /** The index of the partition in its dataset at submission. */
  readonly partition: number;
  /** The names of the columns that the program reads; they tell which nodes hold its data. */
  readonly columns?: readonly string[];
  /** Equal for programs that differ only in numbers (`engine/program/shape.ts`); these should take equally long. */
  readonly shape?: string;
}

export interface SubtaskRequest {
  readonly queryId: string;
  /** The holder of the interest: a client's name, or `NAME/TAB` for a browser tab. Each tab has its own interest, but all tabs of a client share its turns. */
  readonly client: string;
  /** From 0 to 999, lower first. A subtask that several queries need has the lowest of their priorities. */
  readonly priority: number;
  readonly subtasks: readonly Subtask[];
}

/** The name of the client, without the tab. */
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

/** The new state of a subtask. */
export type SubtaskNews =
  | { readonly kind: "unowned" | "loading" | "running" | "done" | "withdrawn" }
  | { readonly kind: "failed"; readonly failure: Failure };

export type SubtaskEvent = SubtaskNews & { readonly key: string };

/** A node's exclusive hold on one subtask. It is begun and ended by methods of the node (`JoinedNode`). */
export interface Claim {
  readonly subtask: Subtask;
  readonly priority: number;
  /** The client whose turn it was. */
  readonly client: string;
  /** Aborts when no client is interested in the subtask any more, when the claim is lost, and when a draining node hands it back. */
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
  /** What started and runs the node: the id of a Mesos task, or any other text from `--task`. */
  readonly task?: string;
  /** Present if the node failed subtasks that other nodes could do. It claims nothing for a time, unless it is the only node left. */
  readonly quarantined?: Quarantined;
}

/** What a node says of itself when it joins. */
export type AboutNode = Pick<Node, "id" | "host" | "threads" | "cacheLimit" | "task">;

export interface Figures extends Pick<Node, "cacheBytes" | "running" | "done" | "failed"> {
  /** Lists what the node holds in memory, so that other nodes leave such subtasks to it; called at most once per second. */
  readonly held?: () => Iterable<HeldPartition>;
}

export interface ClaimOptions {
  readonly signal: AbortSignal;
  /** The most claims that are made at a time. */
  readonly most: number;
  /** The least number of waiting subtasks to claim together, even beyond the share of one thread, since fewer are not worth a claim. By default 1. */
  readonly least?: number;
  /** Whether the node holds the subtask's columns in memory, so that computing begins at once: losing such a claim may count from the moment that it is made. */
  readonly prefers?: (subtask: Subtask) => boolean;
  /** Whether the subtask must be claimed alone; subtasks with a recorded attempt always are. */
  readonly comesAlone?: (subtask: Subtask) => boolean;
  /** The most subtasks over one partition that are claimed together, even beyond `most` or if they would be claimed alone. */
  readonly mostOverPartition?: number;
  /**
   * The cost of a subtask in milliseconds of a thread; undefined if not known. Another client's subtask is only claimed together with the one whose turn it
   * is if it costs little compared with that.
   */
  readonly costOf?: (subtask: Subtask) => number | undefined;
  /** Claims nothing of clients for whom the node already loads or computes something, even if nobody else waits. */
  readonly newcomersOnly?: boolean;
  /** Called with each subtask just before it is claimed; another node may still be first. It must not throw. */
  readonly prepare?: (subtask: Subtask) => void;
}

/**
 * A node of this process in the coordinator. Claiming several subtasks together only saves time: each claim is separate, and if one is lost, withdrawn or
 * refused, the others are not affected.
 */
export interface JoinedNode {
  readonly id: string;
  /**
   * Waits for a subtask and claims it, together with others that wait, up to `most` and to the share of one thread (or `least`), so that other nodes also get
   * some. A subtask with a recorded attempt is claimed alone. Within the best priority, the node first takes what it `prefers`, then what no node
   * holds and belongs to this one. It leaves the rest for a moment to better placed nodes (`queue/locality.ts`); no client waits long for that.
   * If `mostOverPartition` allows it, other waiting subtasks of the same partition are claimed together with these.
   * Calls that take from all clients are served before those for newcomers only.
   * Resolves without claims when the node drains. Rejects with the signal's reason when aborted.
   */
  claim(options: ClaimOptions): Promise<readonly Claim[]>;
  /**
   * Tells that computing begins: watchers hear "running", and from now on losing these claims counts as an attempt. Resolves when that is recorded; computing
   * need not wait for it. Claims that have begun or ended already do not change.
   */
  begin(claims: readonly Claim[]): Promise<void>;
  /** Tells that these claims are computed and only have to be saved, so that their clients may count as newcomers again. */
  computed(claims: readonly Claim[]): void;
  /** Must be called after the partials are stored. Returns an answer for each claim: false if it was lost or had ended. If it rejects, it may be called again. */
  complete(claims: readonly Claim[]): Promise<readonly boolean[]>;
  /**
   * Completes claims in the transaction that stores their partials. `write` stores these inside it and returns for each claim, in the same order, whether
   * it is thereby completed. Answers like `complete`, with false for claims that are not completed. If it rejects, all are still claimed.
   * Absent if the coordinator shares no environment with the store.
   */
  completeAlong?(claims: readonly Claim[], write: () => readonly boolean[]): Promise<readonly boolean[]>;
  /** Hands claims back: their subtasks are unowned again, and no attempt is counted. Answers like `complete`. */
  release(claims: readonly Claim[]): Promise<readonly boolean[]>;
  /** Ends a claim with an error. `permanent`: trying again cannot help. */
  fail(claim: Claim, cause: string, options?: { readonly permanent?: boolean }): Promise<boolean>;
  /** Claims nothing more, hands back what has not begun, and resolves when the other claims have ended. */
  drain(): Promise<void>;
  report(figures: Figures): void;
  /** Leaves the coordinator; all its claims are lost. */
  leave(): Promise<void>;
}

/** Counts the subtasks that wait, are claimed or have failed, of all programs that read the same columns of one dataset. */
export interface Demand {
  readonly dataset: string;
  /** The sorted names; empty if they are not known. */
  readonly columns: readonly string[];
  /** The numbers of subtasks by state. */
  readonly unowned: number;
  readonly owned: number;
  readonly failed: number;
  /** The lowest priority number among the unowned ones; undefined if there are none. */
  readonly priority: number | undefined;
  /** In milliseconds since the epoch: a lower bound of the time since which unowned ones wait. Undefined if there are none. */
  readonly since: number | undefined;
}

/** The progress of whatever starts nodes on demand, such as a Mesos framework. */
export interface NodeSupply {
  /** The number of nodes that should run. */
  readonly wanted: number;
  /** How many of these are running. */
  readonly there: number;
  /** Why the others are not running, for people; a few lines at most. */
  readonly missing: readonly string[];
}

export interface WatchOptions {
  /** Whether the caller queues these subtasks or asks for their states afterwards, so that it need not hear earlier events. */
  readonly asksNext?: boolean;
}

export interface Coordinator {
  /** The milliseconds for which a client stays interested in a query without renewing its interest. */
  readonly interestTerm: number;
  /** Whether watchers may miss a subtask that came and went between two looks, so that they must ask for states from time to time. */
  readonly skipsEvents?: boolean;
  /** Creates subtasks, joins those that exist, and renews the client's interest in the query. Resolves once all this would survive a crash. */
  enqueue(request: SubtaskRequest): Promise<Enqueued>;
  /** Returns the states of known subtasks; an absent one is done, was withdrawn, or was never queued. */
  states(keys: readonly string[]): Promise<ReadonlyMap<string, SubtaskState>>;
  /** Renews a client's interest; returns false if it has none, or if the query has no live subtasks. Never creates interest. */
  renew(queryId: string, client: string): Promise<boolean>;
  /**
   * Counts the clients interested in each of these queries, without renewing their interest. It is also 0 if all subtasks are done or failed, since interest
   * ends with them. A caller that reads 0 and then finds subtasks that are neither stored nor failed knows that the query was withdrawn.
   */
  interest(queryIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /**
   * Ends a client's interest in a query or, if none is named, that of all clients. With the last interest, its subtasks that no other query needs are
   * withdrawn. Returns how many clients remain interested.
   */
  withdraw(queryId: string, client?: string): Promise<{ readonly interested: number }>;
  /** Makes the failed ones among these subtasks unowned, without recorded attempts. Returns their number. */
  retry(request: SubtaskRequest): Promise<number>;
  /** Calls the listener for events of these subtasks from now on, until the signal aborts. The listener must not throw. */
  watch(keys: ReadonlySet<string>, listener: (event: SubtaskEvent) => void, signal: AbortSignal, options?: WatchOptions): void;
  join(node: AboutNode): Promise<JoinedNode>;
  nodes(): Promise<readonly Node[]>;
  /** Publishes the supply to all processes. It is forgotten when this process ends. */
  publishSupply(supply: NodeSupply): Promise<void>;
  /** The published supply; undefined if nothing starts nodes on demand. */
  supply(): Promise<NodeSupply | undefined>;
  /** Counts subtasks by the columns that they read; empty if there are none. With very many subtasks, the counts may be some seconds old. */
  demand(): Promise<readonly Demand[]>;
  close(): Promise<void>;
}

/** The coordinator cannot be reached now. The call may or may not have taken effect, and can be repeated. */
export class CoordinatorUnavailableError extends Error {
  override readonly name: string = "CoordinatorUnavailableError";
}

/** A request would exceed the coordinator's limit of subtasks. None of its subtasks was queued; the same request may fit later. */
export class CoordinatorFullError extends Error {
  override readonly name = "CoordinatorFullError";

  constructor(waiting: number, limit: number) {
    super(`Cannot queue the query: ${waiting} partitions are waiting or running, and the most is ${limit}; ask again when some are done`);
  }
}

/** In milliseconds: the default of `Coordinator.interestTerm`. */
export const usualInterestTerm = 24 * 3_600_000;

export function requirePriority(priority: number): void {
  if (Number.isInteger(priority) && priority >= 0 && priority <= 999) return;
  throw new RangeError(`Cannot queue with priority ${priority}: it is a whole number from 0 to 999`);
}

/** In milliseconds: how long a subtask is left to a node that is better placed for it. */
export const usualLocalityDelay = 150;
export const mostErrors = 3;
export const mostLostClaims = 10;

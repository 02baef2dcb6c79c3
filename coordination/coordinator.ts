/**
 * Who computes what: every subtask's state and owner. Ids only; bodies live in the store.
 *
 *   (absent) --enqueue--> unowned --claim--> owned --complete--> (absent: done, its partial is in the store)
 *                            ^                 |
 *                            |--- release -----|   handed back, not counted against it
 *                            |--- lose --------|   its node left or died; after 10 lost claims: failed
 *                            |--- fail --------|   an error; after 3 errors, or one that cannot mend: failed
 *   unowned --withdraw (no query asks for it any more)--> (absent)
 *   failed --retry--> unowned
 *
 * Promises: an accepted subtask is never lost, a crash of the process included: after a restart it is unowned again. One
 * claim at a time. Among unowned subtasks lower priority numbers go first; inside one priority clients take turns; inside one
 * client first come, first served. Completing, failing or releasing a claim that was lost changes nothing and says so.
 * Does not promise: fairness in time; that a `withdrawn` owned subtask stops at once (its claim's signal says it should).
 */
import type { HeldPartition } from "./scheduling/holdings.ts";
import type { Quarantined } from "./scheduling/quarantine.ts";

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
}

export interface SubtaskRequest {
  readonly queryId: string;
  readonly client: string;
  /** 0–999, lower first. A subtask that several queries ask for has the lowest of theirs. */
  readonly priority: number;
  readonly subtasks: readonly Subtask[];
}

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

export type SubtaskEvent =
  | { readonly kind: "unowned" | "loading" | "running" | "done" | "withdrawn"; readonly key: string }
  | { readonly kind: "failed"; readonly key: string; readonly failure: Failure };

export interface Claim {
  readonly subtask: Subtask;
  readonly priority: number;
  /** Aborts when nobody asks for the subtask any more, or the claim was lost. */
  readonly signal: AbortSignal;
  /** Tells watchers that the columns are there and computing starts. */
  running(): void;
  /** Call after the partial is stored. False where the claim was lost. */
  complete(): Promise<boolean>;
  /** An error. `permanent`: trying again cannot help. */
  fail(cause: string, options?: { readonly permanent?: boolean }): Promise<boolean>;
  /** Back to unowned without an attempt counted. */
  release(): Promise<boolean>;
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
  /** It failed what other nodes could do: it claims nothing until then, unless it is the only one left. */
  readonly quarantined?: Quarantined;
}

export interface Figures extends Pick<Node, "cacheBytes" | "running" | "done" | "failed"> {
  /** What is held in memory, for other nodes to leave it to this one; asked for at most once a second. */
  readonly held?: () => Iterable<HeldPartition>;
}

export interface ClaimOptions {
  readonly signal: AbortSignal;
  readonly prefers?: (subtask: Subtask) => boolean;
  readonly prepare?: (subtask: Subtask) => void;
}

/** A node's membership; its claims are lost when it leaves. */
export interface Membership {
  readonly id: string;
  /**
   * Waits for a subtask and claims it. Among those of the best priority it takes first what it `prefers` (its columns are held here), then what no node holds and
   * belongs to this one; the rest it leaves for a moment to nodes that are better placed (`scheduling/locality.ts`). No client waits long for that.
   * Rejects with the signal's reason when aborted. `prepare` is told of what is about to be claimed: another node may still be first. It does not throw.
   */
  claim(options: ClaimOptions): Promise<Claim>;
  report(figures: Figures): void;
  leave(): Promise<void>;
}

export interface Coordinator {
  /** Of a subtask that came and went between two looks watchers hear nothing: whoever follows some asks for their states now and then. */
  readonly skipsEvents?: boolean;
  /** Creates what is not there, joins what is; renews the client's interest in the query. Resolves when it would survive a crash. */
  enqueue(request: SubtaskRequest): Promise<Enqueued>;
  /** The states of those that are known; a key that is absent is done, withdrawn or was never asked for. */
  states(keys: readonly string[]): Promise<ReadonlyMap<string, SubtaskState>>;
  /** Renews a client's interest; false where the query has no live subtasks here. */
  renew(queryId: string, client: string): Promise<boolean>;
  /**
   * How many clients are interested in each of these queries; 0 also where all its subtasks are done or failed, for interest ends with them. Renews
   * nothing. Whoever reads 0 and then finds subtasks that are neither stored nor failed knows that the query was withdrawn.
   */
  interest(queryIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Ends a client's interest in a query. With none left, its subtasks that no other query needs are withdrawn. Gives what remains interested. */
  withdraw(queryId: string, client: string): Promise<{ readonly interested: number }>;
  /** Failed subtasks among these become unowned, with fresh attempts. Gives their number. */
  retry(request: SubtaskRequest): Promise<number>;
  /** Events of these subtasks from now on, until the signal aborts. The listener must not throw. */
  watch(keys: ReadonlySet<string>, listener: (event: SubtaskEvent) => void, signal: AbortSignal): void;
  join(node: Pick<Node, "id" | "host" | "threads" | "cacheLimit">): Promise<Membership>;
  nodes(): Promise<readonly Node[]>;
  /** Subtasks by state. */
  counts(): Promise<{ readonly unowned: number; readonly owned: number; readonly failed: number }>;
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

/** Milliseconds for which a subtask is left to a node that is better placed for it. */
export const usualLocalityDelay = 150;
export const mostErrors = 3;
export const mostLostClaims = 10;

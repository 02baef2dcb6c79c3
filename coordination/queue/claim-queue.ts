/**
 * The queue of claims: it decides which node gets which waiting subtask, and what becomes of a subtask whose claim has ended. Both coordinators use it.
 * It reads no clock and waits for nothing: callers pass times and carry out its decisions.
 *
 *   waiting --take--> taken --end--> waiting | left to others | gone
 *   left to others --returnLeft--> waiting
 *
 * `waiting-order.ts` has the order and turns of clients, `next-subtask.ts` what a node takes and what it leaves to better placed nodes, and `quarantine.ts`
 * whether a node is trusted. Further rules: a call for newcomers only takes nothing of clients for whom its node computes. A subtask with a recorded
 * attempt is taken alone, since it may crash its node; so is one for which the call requires it. A subtask that failed on a node is left to others
 * for `leaveFor`. No call takes more at a time than the share of one of the cluster's threads, or its own minimum.
 *
 * Together with a subtask that has its turn, others that wait for the same partition are taken: those of the same client, which count as its turns, and those
 * of other clients, if the call knows that they add at most `mostPassengerCost` times the subtask's own cost.
 */
import type { Subtask } from "../coordinator.ts";
import { type Attempts, type ClaimEnd, noAttempts, type Verdict } from "./claim-end.ts";
import { Cluster } from "./cluster.ts";
import { findNextSubtask, type Next, type Schedulable } from "./next-subtask.ts";
import type { Quarantine, Quarantined } from "./quarantine.ts";
import { SamePartition } from "./same-partition.ts";
import { type LineName, type Scan, WaitingOrder } from "./waiting-order.ts";

/** The fields of a subtask that the queue needs. */
export interface Queued<T extends Queued<T>> extends Schedulable<T> {
  readonly attempts: Attempts;
  /** The nodes of this process on which it failed, and until when (on the clock of `Times.now`) each leaves it to others. */
  triedBy: Map<string, number> | undefined;
  /** The line in which it waits, which follows from the best interest in it. */
  lineName(): LineName;
}

/** A node of this process. */
export interface QueueNode {
  /** Its name in the cluster. */
  readonly name: string;
  readonly scan: Scan;
  readonly quarantine: Quarantine;
  /** The clients for whom it loads or computes something, or is about to. */
  readonly clients: ReadonlySet<string>;
  /** Whether it computes less than it could. */
  readonly isIdle: boolean;
}

export interface Times {
  /** In milliseconds, on the clock of `performance.now()`. */
  readonly now: number;
  /** Milliseconds since the epoch. */
  readonly date: number;
}

/** A call of `JoinedNode.claim` that waits. */
export interface ClaimCall {
  readonly most: number;
  /** The number of subtasks that it may take even if the share of one thread is smaller. */
  readonly least: number;
  readonly prefers: ((subtask: Subtask) => boolean) | undefined;
  readonly comesAlone: ((subtask: Subtask) => boolean) | undefined;
  /** The most subtasks over one partition that it takes together, even beyond `most`; if undefined, it takes none beyond. */
  readonly mostOverPartition: number | undefined;
  /** Returns the cost of a subtask in milliseconds of a thread; undefined if not known. */
  readonly costOf: ((subtask: Subtask) => number | undefined) | undefined;
  /** Whether it takes nothing of clients for whom the node already computes. */
  readonly newcomersOnly: boolean;
  /** The time at which it began to wait, in the milliseconds of `Times.now`. */
  readonly waitsSince: number;
  /** In milliseconds: how long it leaves subtasks to better placed nodes. */
  readonly delay: number;
}

export type Taken<T> = { readonly kind: "take"; readonly items: readonly T[] } | Exclude<Next<T>, { readonly kind: "take" }>;

/** In milliseconds: how long a node leaves a subtask that failed on it to others. */
const leaveFor = 5_000;
const mostPassengerCost = 2;

export class ClaimQueue<T extends Queued<T>> {
  readonly order = new WaitingOrder<T>();
  /** Subtasks that failed here and that all nodes of this process leave to others. They are kept apart so that they do not block other subtasks. */
  readonly left = new Set<T>();
  readonly #samePartition = new SamePartition<T>();
  /** The live nodes, those of this process among them. */
  cluster = Cluster.empty;
  /** The nodes of this process. */
  nodes: { readonly all: Iterable<QueueNode> } = { all: [] };

  get size(): number {
    return this.order.size + this.left.size;
  }

  /** Adds a waiting subtask to its present line. */
  add(item: T, options?: { readonly first: boolean }): void {
    this.remove(item);
    this.order.add(item, item.lineName(), options);
    this.#samePartition.add(item);
  }

  remove(item: T): void {
    this.left.delete(item);
    this.order.remove(item);
    this.#samePartition.remove(item);
  }

  /** Moves a waiting subtask to its line after the interest in it has changed. */
  move(item: T): void {
    if (this.left.has(item)) return;
    const { priority, client } = item.lineName();
    const now = this.order.lineOf(item);
    if (now?.priority !== priority || now.client !== client) this.add(item);
  }

  /** Takes the subtasks out of the queue that a node should claim now. If `prefers` throws, nothing is taken. */
  take(node: QueueNode, call: ClaimCall, times: Times): Taken<T> {
    const quarantined = this.quarantineOf(node, times);
    // A node in quarantine waits, unless it is the only one left.
    if (quarantined) return { kind: "wait", until: times.now + quarantined.until - times.date };
    const share = Math.max(call.least, Math.ceil(this.order.size / Math.max(1, this.cluster.threads)));
    const most = Math.min(call.most, share);
    const without = call.newcomersOnly ? node.clients : undefined;
    const items: T[] = [];
    try {
      for (;;) {
        const next = this.#findNext(node, call, without, times);
        if (next.kind !== "take") return items.length > 0 ? { kind: "take", items } : next;
        const { item } = next;
        const isAlone = item.attempts !== noAttempts || call.comesAlone?.(item.subtask);
        if (isAlone && items.length > 0) return { kind: "take", items };
        const passengers =
          item.attempts === noAttempts ? this.#passengersOf(item, node, { call, without, isAlone: isAlone === true }, times) : [];
        const { client } = item.lineName();
        this.#take(item, without);
        items.push(item);
        for (const passenger of passengers) {
          if (items.length >= share) break;
          if (passenger.lineName().client === client) this.#take(passenger, without);
          else this.remove(passenger);
          items.push(passenger);
        }
        if (isAlone || items.length >= most) return { kind: "take", items };
      }
    } catch (error) {
      for (const item of items.reverse()) this.add(item, { first: true });
      throw error;
    }
  }

  /** The node's quarantine; undefined if it may claim, since it is trusted or the only node. */
  quarantineOf({ name, quarantine }: QueueNode, { date }: Times): Quarantined | undefined {
    return this.cluster.hasOthers(name) ? quarantine.at(date) : undefined;
  }

  /** Takes note of the end of a node's claim. Returns whether another node is now in quarantine because of it. */
  end(item: T, node: QueueNode, { end, verdict, isStopped }: EndedClaim, times: Times): boolean {
    if (end.kind === "complete") node.quarantine.succeeded();
    else if (end.kind === "fail" && !end.permanent && !isStopped) {
      node.quarantine.failed(item.subtask.key, end.cause);
      item.triedBy ??= new Map();
      item.triedBy.set(node.name, times.now + leaveFor);
    }
    if (verdict.kind !== "unowned") {
      this.remove(item);
      return verdict.kind === "done" && this.doneBy(item, node, times);
    }
    this.add(item, { first: end.kind !== "fail" });
    if (!this.#isLeft(item, times)) return false;
    this.remove(item);
    this.left.add(item);
    return false;
  }

  /** Takes note that a node, of any process, has done a subtask. Returns whether a node that failed it is now in quarantine. */
  doneBy({ subtask, triedBy }: T, doer: QueueNode | undefined, { date }: Times): boolean {
    let isNew = false;
    if (triedBy === undefined) return isNew;
    for (const node of this.nodes.all) {
      if (node !== doer && triedBy.has(node.name) && node.quarantine.doneElsewhere(subtask.key, date)) isNew = true;
    }
    return isNew;
  }

  /** Makes subtasks wait again that are not left to others any more, because time has passed or the nodes have changed. */
  returnLeft(times: Times): void {
    for (const item of [...this.left]) if (!this.#isLeft(item, times)) this.add(item);
  }

  #take(item: T, without: ReadonlySet<string> | undefined): void {
    this.order.take(item, without);
    this.#samePartition.remove(item);
  }

  /** Returns what is taken together with the subtask whose turn it is. `isAlone` leaves out all other clients' subtasks, `without` those of these clients. */
  #passengersOf(
    head: T,
    { name }: QueueNode,
    { call, without, isAlone }: { readonly call: ClaimCall; readonly without: ReadonlySet<string> | undefined; readonly isAlone: boolean },
    { now }: Times,
  ): readonly T[] {
    const { mostOverPartition = 1, costOf } = call;
    if (mostOverPartition <= 1) return [];
    const waiting = this.#samePartition.of(head);
    if (waiting.length < 2) return [];
    const { client } = head.lineName();
    let left = isAlone ? 0 : mostPassengerCost * (costOf?.(head.subtask) ?? 0);
    const mayCome = (item: T): boolean => {
      if (item === head || item.attempts !== noAttempts || this.#leavesUntil(item, name) > now) return false;
      const other = item.lineName().client;
      if (other === client) return true;
      const cost = costOf?.(item.subtask);
      if (cost === undefined || cost > left || without?.has(other)) return false;
      left -= cost;
      return true;
    };
    return waiting.filter(mayCome).slice(0, mostOverPartition - 1);
  }

  #findNext(
    { name, scan, isIdle }: QueueNode,
    { prefers, waitsSince, delay }: ClaimCall,
    without: ReadonlySet<string> | undefined,
    { now }: Times,
  ): Next<T> {
    return findNextSubtask(this.order, this.cluster, {
      name,
      scan,
      prefers,
      waitsSince,
      delay,
      isIdle,
      leavesUntil: (item) => this.#leavesUntil(item, name),
      without,
      now,
    });
  }

  /** Until when the node leaves the subtask to others; −∞ if there is nobody else, or if all nodes have tried it. */
  #leavesUntil({ attempts, triedBy }: T, name: string): number {
    const until = triedBy?.get(name);
    const isOthers = until !== undefined && attempts.errors < this.cluster.nodes.length && this.cluster.hasOthers(name);
    return isOthers ? until : Number.NEGATIVE_INFINITY;
  }

  #isLeft(item: T, { now }: Times): boolean {
    return item.triedBy !== undefined && [...this.nodes.all].every(({ name }) => this.#leavesUntil(item, name) > now);
  }
}

export interface EndedClaim {
  readonly end: ClaimEnd;
  readonly verdict: Verdict;
  /** Whether the claim's signal was aborted before it ended. */
  readonly isStopped: boolean;
}

/**
 * The one queue of claims: which node gets which of the subtasks that wait, and what becomes of one whose claim has ended. Both coordinators decide by it.
 * It reads no clock and waits for nothing: times are given, and what it decides is carried out by whoever calls.
 *
 *   waiting --take--> taken --end--> waiting | left to others | gone
 *   left to others --returnLeft--> waiting
 *
 * Order and turns of clients: `waiting-order.ts`; what a node takes and what it leaves to better placed ones: `next-subtask.ts`; whether a node is to be
 * trusted: `quarantine.ts`. Beyond these: a call for newcomers only takes nothing of the clients of whom its node computes something; a subtask with an
 * attempt on record is taken alone, for it may take its node down, and so is one of which the call says so; what failed on a node is left to others
 * for `leaveFor`; and nobody takes more at a time than the share of one of the cluster's threads, or what it needs at least for a claim to be worth it.
 *
 * With a subtask that has its turn go others that wait for the same partition: those of its client, whose turns they are, and those of other clients that add
 * at most `mostPassengerCost` times what it costs itself, where the call knows that.
 */
import type { Subtask } from "../coordinator.ts";
import { type Attempts, type ClaimEnd, noAttempts, type Verdict } from "./claim-end.ts";
import { Cluster } from "./cluster.ts";
import { findNextSubtask, type Next, type Schedulable } from "./next-subtask.ts";
import type { Quarantine, Quarantined } from "./quarantine.ts";
import { SamePartition } from "./same-partition.ts";
import { type LineName, type Scan, WaitingOrder } from "./waiting-order.ts";

/** A subtask as the queue needs it. */
export interface Queued<T extends Queued<T>> extends Schedulable<T> {
  readonly attempts: Attempts;
  /** Names of this process's nodes where it failed, and until when (as `Times.now`) they leave it to others. */
  triedBy: Map<string, number> | undefined;
  /** The line in which it waits: the best interest in it decides. */
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
  /** It computes less than it could. */
  readonly isIdle: boolean;
}

export interface Times {
  /** Milliseconds, as `performance.now()`. */
  readonly now: number;
  /** Milliseconds since the epoch. */
  readonly date: number;
}

/** A call of `JoinedNode.claim` that waits. */
export interface ClaimCall {
  readonly most: number;
  /** So many it takes where they wait, however small the share of one thread is. */
  readonly least: number;
  readonly prefers: ((subtask: Subtask) => boolean) | undefined;
  readonly comesAlone: ((subtask: Subtask) => boolean) | undefined;
  /** How many subtasks over one partition it takes together, however many it takes at most otherwise; undefined: it does not ask for more. */
  readonly mostOverPartition: number | undefined;
  /** What a subtask costs, in milliseconds of a thread; undefined where that is not known. */
  readonly costOf: ((subtask: Subtask) => number | undefined) | undefined;
  /** It takes nothing of the node's clients. */
  readonly newcomersOnly: boolean;
  /** The time at which it began to wait, in the milliseconds of `Times.now`. */
  readonly waitsSince: number;
  /** Milliseconds for which it leaves something to better placed nodes. */
  readonly delay: number;
}

export type Taken<T> = { readonly kind: "take"; readonly items: readonly T[] } | Exclude<Next<T>, { readonly kind: "take" }>;

/** Milliseconds for which a node leaves to others what failed on it. */
const leaveFor = 5_000;
const mostPassengerCost = 2;

export class ClaimQueue<T extends Queued<T>> {
  readonly order = new WaitingOrder<T>();
  /** Those that failed here and that all nodes of this process leave to others: they do not stand in the way of what could be taken. */
  readonly left = new Set<T>();
  readonly #samePartition = new SamePartition<T>();
  /** The live nodes, those of this process among them. */
  cluster = Cluster.empty;
  /** Those of this process. */
  nodes: { readonly all: Iterable<QueueNode> } = { all: [] };

  get size(): number {
    return this.order.size + this.left.size;
  }

  /** A subtask waits, in the line that is its own now. */
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

  /** Interest in a subtask that waits is other than it was. */
  move(item: T): void {
    if (this.left.has(item)) return;
    const { priority, client } = item.lineName();
    const now = this.order.lineOf(item);
    if (now?.priority !== priority || now.client !== client) this.add(item);
  }

  /** Takes out of the queue what a node should claim now, one subtask or several. Where `prefers` throws nothing is taken. */
  take(node: QueueNode, call: ClaimCall, times: Times): Taken<T> {
    const quarantined = this.quarantineOf(node, times);
    // The last one that is left does what it can.
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

  /** Undefined where the node may claim: it is trusted, or nobody else is there. */
  quarantineOf({ name, quarantine }: QueueNode, { date }: Times): Quarantined | undefined {
    return this.cluster.hasOthers(name) ? quarantine.at(date) : undefined;
  }

  /** A claim of a node has ended. True where another node is in quarantine from now on. */
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

  /** Somebody has done it, a node of this process or another one. True where a node that failed it is in quarantine from now on. */
  doneBy({ subtask, triedBy }: T, doer: QueueNode | undefined, { date }: Times): boolean {
    let isNew = false;
    if (triedBy === undefined) return isNew;
    for (const node of this.nodes.all) {
      if (node !== doer && triedBy.has(node.name) && node.quarantine.doneElsewhere(subtask.key, date)) isNew = true;
    }
    return isNew;
  }

  /** Time has passed, or other nodes are there: what is not left to others any more waits again. */
  returnLeft(times: Times): void {
    for (const item of [...this.left]) if (!this.#isLeft(item, times)) this.add(item);
  }

  #take(item: T, without: ReadonlySet<string> | undefined): void {
    this.order.take(item, without);
    this.#samePartition.remove(item);
  }

  /** Gives what is taken together with a subtask that has its turn. `isAlone` leaves out what other clients ask for, `without` what these clients ask for. */
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

  /** Until when the node leaves the subtask to others: not at all where there is nobody else, or where everybody had a try. */
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
  /** The claim's signal was aborted before. */
  readonly isStopped: boolean;
}

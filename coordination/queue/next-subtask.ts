/**
 * Decides which waiting subtask a node takes now, if any, by order, locality and waiting times. It reads no clock and takes nothing itself.
 *
 * Priorities and the turns of clients come before locality: while a node leaves a subtask to others, which is at most for the delay, it takes nothing less
 * urgent. If a node takes a subtask that belongs to another node, it chooses among the first few of the client whose turn it is the one that would most
 * likely belong to it next. So nodes that come at the same time take different ones.
 */
import type { Subtask } from "../coordinator.ts";
import type { Cluster, Homed } from "./cluster.ts";
import { mayTakeFrom, type Patience, rankLocality, type Standing } from "./locality.ts";
import { hashText, scoreOf } from "./rendezvous.ts";
import type { OrderedItem, Scan, WaitingOrder } from "./waiting-order.ts";

export interface Schedulable<T extends Schedulable<T>> extends OrderedItem<T>, Homed {
  /** In milliseconds, on the same clock as `LookingNode.now`. */
  readonly waitsSince: number;
}

/** A node that can take a subtask. */
export interface LookingNode<T> extends Patience {
  readonly name: string;
  readonly scan: Scan;
  readonly now: number;
  /** Whether it holds a subtask's columns. */
  readonly prefers: ((subtask: Subtask) => boolean) | undefined;
  /** Until when it leaves a subtask to others because it failed here. It has no effect while there is no other node. */
  readonly leavesUntil?: (item: T) => number;
  /** The clients whose subtasks it does not take. */
  readonly without?: ReadonlySet<string> | undefined;
}

export type Next<T> =
  | { readonly kind: "take"; readonly item: T }
  /** Nothing can be taken until this time, unless something changes. */
  | { readonly kind: "wait"; readonly until: number }
  /** Not all subtasks were examined; the caller should ask again soon. */
  | { readonly kind: "look" }
  | { readonly kind: "none" };

/** The most subtasks of other nodes that are examined. */
const mostForeign = 32;
const mostLooks = 8;

export function findNextSubtask<T extends Schedulable<T>>(order: WaitingOrder<T>, cluster: Cluster, node: LookingNode<T>): Next<T> {
  if (order.size === 0) return { kind: "none" };
  const { name, scan, prefers, without } = node;
  const isAlone = !cluster.hasOthers(name);
  const standingOf = (item: T): Standing => {
    const home = isAlone ? undefined : cluster.homeOf(item);
    const belongsTo = home === undefined || home.name === name ? "this" : home.isBusy ? "busy" : "free";
    return {
      isHere: prefers?.(item.subtask) ?? false,
      isElsewhere: () => !isAlone && cluster.isHeldByOther(name, item.subtask),
      belongsTo,
      waitsSince: item.waitsSince,
    };
  };
  const leavesUntil = (!isAlone && node.leavesUntil) || (() => Number.NEGATIVE_INFINITY);
  const rankOf = (item: T, least: 1 | 2) => {
    if (leavesUntil(item) > node.now) return 0;
    const standing = standingOf(item);
    return least === 2 && !standing.isHere ? 0 : rankLocality(standing);
  };
  for (let looks = 0; ; looks++) {
    const { item, isComplete } = order.find(scan, rankOf, without);
    if (item !== undefined) return { kind: "take", item };
    if (isComplete) break;
    if (looks >= mostLooks) return { kind: "look" };
  }
  return findForeign(order, node, (item) => Math.max(leavesUntil(item), mayTakeFrom(standingOf(item), node)));
}

function findForeign<T extends Schedulable<T>>(order: WaitingOrder<T>, node: LookingNode<T>, takeFrom: (item: T) => number): Next<T> {
  const self = { seed: hashText(node.name), weight: 1 };
  let best: T | undefined;
  let highest = 0;
  let until = Number.POSITIVE_INFINITY;
  for (const item of order.heads(mostForeign, node.without)) {
    const from = takeFrom(item);
    if (from > node.now) {
      until = Math.min(until, from);
      continue;
    }
    const score = scoreOf(item.partitionNumber, self);
    if (best !== undefined && (item.line !== best.line || score <= highest)) continue;
    best = item;
    highest = score;
  }
  if (best !== undefined) return { kind: "take", item: best };
  return until < Number.POSITIVE_INFINITY ? { kind: "wait", until } : { kind: "none" };
}

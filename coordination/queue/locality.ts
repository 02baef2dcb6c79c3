/**
 * Delay scheduling: when a node may take a waiting subtask. Pure.
 *
 *   its columns are        | the node that the data belong to is | this node may take it
 *   here and nowhere else  | any                                 | at once
 *   here and elsewhere     | this one                            | at once
 *   here and elsewhere     | another                             | at once where this one has nothing else to do, else after the delay
 *   in another live node   | any                                 | after the delay
 *   nowhere                | this one                            | at once
 *   nowhere                | another, with nothing free          | at once
 *   nowhere                | another, with something free        | after the delay
 *
 * The delay lets a better placed node come first. If several nodes hold the columns, each takes first what belongs to it. So they seldom try to claim the
 * same subtask, and a node that is done early helps the others. If no node holds the columns, only the node to which the data belong is better placed,
 * and only while it could start: others do not wait for a busy node. A node takes first what it holds, then what belongs to it, then the
 * rest. The delay counts from when both were waiting, the node for work and the subtask for a node.
 */

export interface Standing {
  readonly isHere: boolean;
  /** Whether another live node is known to have its columns. */
  readonly isElsewhere: () => boolean;
  readonly belongsTo: "this" | "free" | "busy";
  /** Milliseconds, on the same clock as `Patience`. */
  readonly waitsSince: number;
}

export interface Patience {
  /** The time since which the node waits for work. */
  readonly waitsSince: number;
  /** In milliseconds, including its jitter. */
  readonly delay: number;
  /** Whether the node computes less than it could. */
  readonly isIdle?: boolean | undefined;
}

/** Ranks a subtask for a node. 2: take it before all others; 1: before those of rank 0; 0: another node may be at least as well placed. */
export function rankLocality({ isHere, isElsewhere, belongsTo }: Standing): 0 | 1 | 2 {
  if (isHere) return belongsTo === "this" || !isElsewhere() ? 2 : 0;
  return belongsTo === "this" && !isElsewhere() ? 1 : 0;
}

/** The earliest time at which the node may take the subtask; −∞ for at once. */
export function mayTakeFrom(standing: Standing, { waitsSince, delay, isIdle }: Patience): number {
  const isFree = standing.isHere ? isIdle : standing.belongsTo === "busy" && !standing.isElsewhere();
  if (isFree || rankLocality(standing) > 0) return Number.NEGATIVE_INFINITY;
  return Math.max(waitsSince, standing.waitsSince) + delay;
}

/** Varies a delay to between half and one and a half times, so that nodes waiting for the same subtask do not all come at the same moment. */
export const withJitter = (delay: number, random: number): number => delay * (0.5 + random);

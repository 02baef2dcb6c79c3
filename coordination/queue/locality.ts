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
 * A delay is there for somebody better placed to come first. Of what several hold, each takes its own share before that of another: so they seldom claim the same,
 * and who is done first helps. Where nobody holds the columns, only the node that the data belong to is better placed, and only
 * while it could start: this one does not wait for itself, nor for one that is busy. What a node should have first comes first: what it
 * holds, then what belongs to it, then the rest. The delay counts from when both waited, the node for work and the subtask for a node.
 */

export interface Standing {
  readonly isHere: boolean;
  /** Whether another live node has its columns, as far as is known. */
  readonly isElsewhere: () => boolean;
  readonly belongsTo: "this" | "free" | "busy";
  /** Milliseconds, on the same clock as `Patience`. */
  readonly waitsSince: number;
}

export interface Patience {
  /** Since when the node waits for work. */
  readonly waitsSince: number;
  /** Milliseconds, its jitter included. */
  readonly delay: number;
  /** The node computes less than it could. */
  readonly isIdle?: boolean | undefined;
}

/** 2: take it before anything else; 1: before others; 0: somebody else may be better placed, or is as well. */
export function rankLocality({ isHere, isElsewhere, belongsTo }: Standing): 0 | 1 | 2 {
  if (isHere) return belongsTo === "this" || !isElsewhere() ? 2 : 0;
  return belongsTo === "this" && !isElsewhere() ? 1 : 0;
}

/** The earliest time, −∞ for at once. */
export function mayTakeFrom(standing: Standing, { waitsSince, delay, isIdle }: Patience): number {
  const isFree = standing.isHere ? isIdle : standing.belongsTo === "busy" && !standing.isElsewhere();
  if (isFree || rankLocality(standing) > 0) return Number.NEGATIVE_INFINITY;
  return Math.max(waitsSince, standing.waitsSince) + delay;
}

/** Half to one and a half times, so that nodes that wait for the same do not all come at the same moment. */
export const withJitter = (delay: number, random: number): number => delay * (0.5 + random);

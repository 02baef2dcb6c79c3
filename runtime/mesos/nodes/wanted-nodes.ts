/**
 * Decides how many compute nodes are wanted: enough for the work that arrives, and to finish the waiting work within half a minute. Pure.
 *
 *   nothing waits or runs for `idle`     → `least`
 *   work waits, and there is no node     → what is needed, at once
 *   more than twice as many are needed   → what is needed, at once
 *   more are needed                      → what is needed, `settle` after the last change
 *   fewer were needed all through `settle`, and nothing changed in it → the most that was needed in it
 *
 * So at constant load nothing changes twice within `settle`; waiting clients are served in about a minute if `most` allows it; and nodes that were
 * started for a rush are kept for a while, in case of another one.
 */
import type { Work } from "./measured-work.ts";

export interface NodeNumbers {
  readonly least: number;
  readonly most: number;
  /** The threads of one node. */
  readonly threads: number;
  /** In milliseconds. */
  readonly idle: number;
  /** In milliseconds. */
  readonly settle?: number;
}

export interface Wanted {
  readonly count: number;
  /** The number that the present load needs, with a fraction. */
  readonly need: number;
  readonly changedAt: number;
  /** When a subtask last waited or ran. */
  readonly busyAt: number;
  /** Recent needs that no later one has reached, so they decrease. The first is the largest need within `settle`. */
  readonly peaks: readonly { readonly at: number; readonly need: number }[];
}

/** The seconds in which waiting work should be done. */
const target = 30;
export const usualSettle = 600_000;

/** `work.otherThreads` is the number of threads of nodes that were started otherwise. */
export function decideNodes(
  before: Wanted | undefined,
  work: Work & { readonly otherThreads: number },
  options: NodeNumbers & { readonly now: number },
): Wanted {
  const { now, idle, least, most, settle = usualSettle } = options;
  const { count, changedAt, busyAt, peaks } = before ?? { count: least, changedAt: Number.NEGATIVE_INFINITY, busyAt: now, peaks: [] };
  const need = needed(work, options);
  const whole = Math.min(most, Math.max(least, Math.ceil(need)));
  const kept = [...peaks.filter((peak) => peak.at > now - settle && peak.need > whole), { at: now, need: whole }];
  const isBusy = work.subtasks > 0;
  const state = { need, busyAt: isBusy ? now : busyAt, peaks: kept };
  const next = decide();
  return { ...state, count: next, changedAt: next === count ? changedAt : now };

  function decide(): number {
    const held = Math.min(most, Math.max(least, count));
    if (!isBusy && now - busyAt >= idle) return least;
    if (whole > held && (held === 0 || need > 2 * held || now - changedAt >= settle)) return whole;
    const [highest] = kept;
    if (highest!.need < held && now - changedAt >= settle) return highest!.need;
    return held;
  }
}

/** The number of nodes needed now. More threads than subtasks are useless, since a subtask has one thread at a time. */
function needed({ subtasks, backlog, arriving, otherThreads }: Work & { readonly otherThreads: number }, { threads }: NodeNumbers): number {
  const wanted = Math.min(backlog / target, subtasks) + arriving - otherThreads;
  const smallest = subtasks > 0 && otherThreads === 0 ? 1 / threads : 0;
  return Math.max(smallest, wanted) / threads;
}

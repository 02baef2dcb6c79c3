/**
 * Decides how many compute nodes are wanted: as many as take what arrives, and what waits within half a minute. Pure.
 *
 *   nobody waits or runs for `idle`      → `least`
 *   somebody waits, and there is no node → what is needed, at once
 *   more than twice as many are needed   → what is needed, at once
 *   more are needed                      → what is needed, `settle` after the last change
 *   fewer were needed all through `settle`, and nothing changed in it → the most that was needed in it
 *
 * So at constant load nothing changes twice within `settle`; whoever waits is served in about a minute where `most` allows it; and a node that was
 * started for a rush is kept for as long as the next one may be expected.
 */
import type { Work } from "./measured-work.ts";

export interface NodeNumbers {
  readonly least: number;
  readonly most: number;
  /** Of one node. */
  readonly threads: number;
  /** Milliseconds. */
  readonly idle: number;
  /** Milliseconds. */
  readonly settle?: number;
}

export interface Wanted {
  readonly count: number;
  /** How many would be right for this moment's load, with a fraction. */
  readonly need: number;
  readonly changedAt: number;
  /** When something last waited or ran. */
  readonly busyAt: number;
  /** What was needed lately and has not been reached since: later ones are smaller. The first is the most that was needed within `settle`. */
  readonly peaks: readonly { readonly at: number; readonly need: number }[];
}

/** Seconds in which what waits should be done. */
const target = 30;
export const usualSettle = 600_000;

/** `work.otherThreads`: those of nodes that this does not start. */
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

/** A subtask has one thread at a time: more threads than subtasks help nobody. */
function needed({ subtasks, backlog, arriving, otherThreads }: Work & { readonly otherThreads: number }, { threads }: NodeNumbers): number {
  const wanted = Math.min(backlog / target, subtasks) + arriving - otherThreads;
  const smallest = subtasks > 0 && otherThreads === 0 ? 1 / threads : 0;
  return Math.max(smallest, wanted) / threads;
}

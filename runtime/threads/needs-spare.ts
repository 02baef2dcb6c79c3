/**
 * When a thread is started beside those that are busy for long, so that what is short need not wait for them. Pure.
 *
 * Starting one takes some tenths of a second of a processor. Columns that are loaded come to an end soon, and the run that waits for their thread
 * is mostly one over them: so a thread that loads is waited for longer than one that computes.
 */
import type { Job } from "./worker-messages.ts";

export interface BusyThread {
  readonly kind: Job["kind"];
  /** Milliseconds since it was given its job. */
  readonly busy: number;
}

/** Milliseconds. */
const long: Readonly<Record<Job["kind"], number>> = { run: 100, load: 500, demo: 100 };

/** Of threads that have nothing to do, undefined stands among them. `computing`: how many may compute at a time. */
export function needsSpare(
  threads: readonly (BusyThread | undefined)[],
  { computing, runsWait }: { readonly computing: number; readonly runsWait: boolean },
): boolean {
  const soonFree = threads.filter((each) => !each || each.busy < long[each.kind]).length;
  return soonFree === 0 || (soonFree < computing && runsWait);
}

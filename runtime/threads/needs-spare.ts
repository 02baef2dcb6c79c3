/**
 * Decides when to start a thread beside those with long jobs, so that short jobs need not wait for them. Pure.
 *
 * Starting a thread takes some tenths of a second of a processor. Loads usually end soon, and the run that waits for the thread mostly needs the loaded
 * columns. So a loading thread is given more time than a computing one.
 */
import type { Job } from "./worker-messages.ts";

export interface BusyThread {
  readonly kind: Job["kind"];
  /** The milliseconds since it was given its job. */
  readonly busy: number;
}

/** Milliseconds. */
const long: Readonly<Record<Job["kind"], number>> = { run: 100, load: 500, demo: 100 };

/** In `threads`, undefined stands for an idle thread. `computing` is the most threads that may compute at a time. */
export function needsSpare(
  threads: readonly (BusyThread | undefined)[],
  { computing, runsWait }: { readonly computing: number; readonly runsWait: boolean },
): boolean {
  const soonFree = threads.filter((each) => !each || each.busy < long[each.kind]).length;
  return soonFree === 0 || (soonFree < computing && runsWait);
}

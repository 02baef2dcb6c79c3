/**
 * Repeats an action after failures that may pass, with pauses that double. Not p-retry, because that gives up at the first `TypeError`, and its present
 * version does not run on Node 20.
 */
import { pause } from "./pause.ts";

/** In milliseconds. */
export interface Backoff {
  readonly first: number;
  readonly longest: number;
}

export const usualBackoff: Backoff = { first: 100, longest: 5_000 };

/** The milliseconds to wait after this many failures in a row: `first` after one, then twice as long each time, at most `longest`. */
export function pauseAfter(failures: number, { first, longest }: Backoff = usualBackoff): number {
  return Math.min(longest, first * 2 ** (failures - 1));
}

export interface RetryOptions {
  /** When it aborts, the waiting ends and the last error is thrown. */
  readonly signal: AbortSignal;
  /** Tells whether trying again makes sense; if absent, every failure is tried again. */
  readonly mayPass?: (error: unknown) => boolean;
  /** Called with each failure after which the action is tried again, and with the pause before that in milliseconds. */
  readonly onFailure?: (error: unknown, pause: number) => void;
  readonly backoff?: Backoff;
}

/** Runs `action` until it succeeds, and returns its result. Rejects with the first error that may not pass, or with the last one when the signal aborts. */
export async function retry<T>(action: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { signal, mayPass = () => true, onFailure, backoff } = options;
  for (let failures = 1; ; failures++) {
    try {
      return await action();
    } catch (error) {
      if (signal.aborted || !mayPass(error)) throw error;
      const wait = pauseAfter(failures, backoff);
      onFailure?.(error, wait);
      await pause(wait, signal);
      if (signal.aborted) throw error;
    }
  }
}

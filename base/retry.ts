/**
 * Trying again what failed for a reason that may pass, with pauses that double. Written here rather than taken from p-retry, which gives up at
 * the first `TypeError` and in its present version does not run on Node 20.
 */
import { pause } from "./pause.ts";

/** Milliseconds. */
export interface Backoff {
  readonly first: number;
  readonly longest: number;
}

export const usualBackoff: Backoff = { first: 100, longest: 5_000 };

/** Milliseconds to wait after so many failures in a row: `first` after one, then twice as long each time, `longest` at most. */
export function pauseAfter(failures: number, { first, longest }: Backoff = usualBackoff): number {
  return Math.min(longest, first * 2 ** (failures - 1));
}

export interface RetryOptions {
  /** When it aborts, the waiting ends and the last error is thrown. */
  readonly signal: AbortSignal;
  /** Tells whether trying again makes sense; where it is absent, everything is tried again. */
  readonly mayPass?: (error: unknown) => boolean;
  /** It is told of each failure that will be tried again, and of the pause before that in milliseconds. */
  readonly onFailure?: (error: unknown, pause: number) => void;
  readonly backoff?: Backoff;
}

/** Runs `action` until it succeeds, and gives what it gave then. Rejects with the first error that may not pass, and with the last one when the signal aborts. */
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

import type { Log } from "../../../base/log.ts";
import { pause } from "../../../base/pause.ts";
import { StoreError } from "../../../storage/store-error.ts";

/** Milliseconds. */
const firstPause = 100;
const longestPause = 5_000;

export interface InsistOptions {
  readonly signal: AbortSignal;
  readonly log: Log;
  /** For the log: what is being done, and for whom. */
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly mayPass?: (error: unknown) => boolean;
}

/** Tries again, with growing pauses, what fails for a reason that may pass: that the store is unavailable, unless told otherwise. Rejects with what else goes wrong, and when the signal aborts. */
export async function insist<T>(action: () => Promise<T>, options: InsistOptions): Promise<T> {
  const { signal, log, message, fields, mayPass = isUnavailable } = options;
  for (let wait = firstPause; ; wait = Math.min(longestPause, wait * 2)) {
    try {
      return await action();
    } catch (error) {
      if (signal.aborted || !mayPass(error)) throw error;
      log.warn({ ...fields, err: error, pause: wait }, message);
    }
    await pause(wait, signal);
  }
}

const isUnavailable = (error: unknown) => error instanceof StoreError && error.code === "unavailable";

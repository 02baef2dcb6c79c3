/** Repeats requests after failures that may pass, with growing pauses so as not to add to a server's overload. */
import { pause } from "../../../base/pause.ts";
import { type Backoff, pauseAfter } from "../../../base/retry.ts";
import { PassingFailure } from "./send-request.ts";

const mostAttempts = 5;
const backoff: Backoff = { first: 200, longest: 5_000 };
/** The most milliseconds to wait if the server tells how long; beyond that, the request fails. */
const mostRetryAfter = 20_000;
const never = new AbortController().signal;

/** Rejects with the last failure, with the first one that will not pass, or with the signal's reason. */
export async function tryAgain<Result>(
  action: () => Promise<Result>,
  signal: AbortSignal | undefined,
  most = mostAttempts,
): Promise<Result> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await action();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof PassingFailure) || attempts === most) throw error;
      const { retryAfter = 0 } = error;
      if (retryAfter > mostRetryAfter) throw error;
      // A random part, so that clients that were refused together do not return together.
      await pause(retryAfter + pauseAfter(attempts, backoff) * (0.5 + Math.random() / 2), signal ?? never);
      signal?.throwIfAborted();
    }
  }
}

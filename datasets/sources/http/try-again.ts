/** Repeats requests that failed for a reason that may pass, so that a server which is overloaded is not overloaded more. */
import { pause } from "../../../base/pause.ts";
import { type Backoff, pauseAfter } from "../../../base/retry.ts";
import { PassingFailure } from "./send-request.ts";

const mostAttempts = 5;
const backoff: Backoff = { first: 200, longest: 5_000 };
/** Milliseconds that it is worth to wait where the server says how long. */
const mostRetryAfter = 20_000;
const never = new AbortController().signal;

/** Rejects with the last failure, with the first that will not pass, or with the signal's reason. */
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
      // Those who were refused together do not come again together.
      await pause(retryAfter + pauseAfter(attempts, backoff) * (0.5 + Math.random() / 2), signal ?? never);
      signal?.throwIfAborted();
    }
  }
}

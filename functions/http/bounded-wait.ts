/** Limits on how long an answer may wait. */
import type { Context } from "hono";
import { followSignals } from "../../base/follow-signals.ts";
import { HttpProblem } from "./problem.ts";

export interface BoundedWait extends Disposable {
  readonly signal: AbortSignal;
}

/** A signal that aborts after a time or when one of the given signals does. Disposing of it clears its timer and listeners. */
export function boundWait(milliseconds: number, ...signals: readonly AbortSignal[]): BoundedWait {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`${milliseconds} ms are over`)), milliseconds);
  const { signal, release } = followSignals([late.signal, ...signals]);
  return {
    signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      release();
    },
  };
}

/** The most seconds that `Prefer: wait` may ask for. */
const mostSeconds = 600;

/** The seconds of `Prefer: wait=SECONDS` (RFC 7240); undefined if the client does not state it. */
export function preferredWait(c: Context): number | undefined {
  const preference = c.req.header("prefer")?.match(/(?:^|[,;\s])wait=([^,;\s]+)/i);
  if (!preference) return undefined;
  const seconds = Number(preference[1]);
  if (!(seconds >= 0 && seconds <= mostSeconds))
    throw new HttpProblem(400, "bad-wait", `Prefer: wait takes 0 to ${mostSeconds} seconds, not '${preference[1]!.slice(0, 40)}'`);
  return seconds;
}

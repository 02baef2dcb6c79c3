/** How long an answer waits. */
import type { Context } from "hono";
import { followSignals } from "../../base/follow-signals.ts";
import { HttpProblem } from "./problem.ts";

export interface BoundedWait extends Disposable {
  readonly signal: AbortSignal;
}

/** A signal that aborts after a time, or with another that is given, whichever is first. Disposing of it frees what it holds. */
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

/** Seconds that `Prefer: wait` may ask for. */
const mostSeconds = 600;

/** Seconds of `Prefer: wait=SECONDS` (RFC 7240); undefined where the client says nothing of it. */
export function preferredWait(c: Context): number | undefined {
  const preference = c.req.header("prefer")?.match(/(?:^|[,;\s])wait=([^,;\s]+)/i);
  if (!preference) return undefined;
  const seconds = Number(preference[1]);
  if (!(seconds >= 0 && seconds <= mostSeconds))
    throw new HttpProblem(400, "bad-wait", `Prefer: wait takes 0 to ${mostSeconds} seconds, not '${preference[1]!.slice(0, 40)}'`);
  return seconds;
}

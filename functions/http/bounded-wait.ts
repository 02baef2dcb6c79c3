/** A signal that aborts after a time, or with another that is given, whichever is first. Disposing of it frees what it holds. */
import { followSignals } from "../../base/follow-signals.ts";

export interface BoundedWait extends Disposable {
  readonly signal: AbortSignal;
}

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

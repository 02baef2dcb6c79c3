/**
 * A signal that aborts after a time, or with another that is given, whichever is first; `end` frees what it holds. `AbortSignal.any` with
 * `AbortSignal.timeout` would leave something at a signal that lives long, at every use.
 */
export interface BoundedWait {
  readonly signal: AbortSignal;
  end(): void;
}

export function boundWait(milliseconds: number, signal?: AbortSignal): BoundedWait {
  const controller = new AbortController();
  const abort = () => controller.abort(signal?.reason);
  const timer = setTimeout(() => controller.abort(new Error(`${milliseconds} ms are over`)), milliseconds);
  if (signal?.aborted) abort();
  else signal?.addEventListener("abort", abort, { once: true });
  return {
    signal: controller.signal,
    end() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    },
  };
}

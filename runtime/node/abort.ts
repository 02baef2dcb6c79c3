/** Helps to abort waiting for promises that take no signal, and work that several callers share. */
import { setMaxListeners } from "node:events";

/** Settles like the promise, or rejects with the signal's reason as soon as that aborts; the promise's later outcome is ignored. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  promise.catch(() => undefined);
  signal.throwIfAborted();
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** A signal that aborts once all of several signals have, with the last one's reason. `release` removes its listeners from them. */
export function whenAllAbort(signals: readonly AbortSignal[]): { readonly signal: AbortSignal; release(): void } {
  if (signals.length === 1) return { signal: signals[0]!, release: () => {} };
  const controller = new AbortController();
  // Many programs may listen to it, which is no leak, so no warning is wanted.
  setMaxListeners(0, controller.signal);
  const check = () => {
    if (signals.every(({ aborted }) => aborted)) controller.abort(signals.at(-1)?.reason);
  };
  for (const signal of signals) signal.addEventListener("abort", check);
  check();
  return {
    signal: controller.signal,
    release() {
      for (const signal of signals) signal.removeEventListener("abort", check);
    },
  };
}

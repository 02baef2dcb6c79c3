/** Waiting for what takes no signal, and for several who may each give up. */
import { setMaxListeners } from "node:events";

/** What the promise gives, or a rejection with the signal's reason as soon as that aborts; whatever the promise does then is nobody's concern here. */
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

/** A signal that aborts when the last of several has, with that one's reason. `release` leaves nothing behind at those that live on. */
export function whenAllAbort(signals: readonly AbortSignal[]): { readonly signal: AbortSignal; release(): void } {
  if (signals.length === 1) return { signal: signals[0]!, release: () => {} };
  const controller = new AbortController();
  // Each of many programs waits with it.
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

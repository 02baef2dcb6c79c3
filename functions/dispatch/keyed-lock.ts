import { stoppedByClient } from "../http/problem.ts";

/** A lock for each key: it lets one holder at a time proceed, in the order in which they came. Different keys do not wait for each other. */
export class KeyedLock {
  /** For each held key, a promise that resolves when the last in its line has released it. */
  readonly #last = new Map<string, Promise<void>>();

  /** Resolves when the lock is held; disposing of the result releases it. Rejects if the signal aborts before, since the client that asked has gone. */
  async acquire(key: string, signal: AbortSignal): Promise<Disposable> {
    const before = this.#last.get(key);
    const { promise: held, resolve } = withResolver();
    this.#last.set(key, held);
    const release = () => {
      if (this.#last.get(key) === held) this.#last.delete(key);
      resolve();
    };
    if (before && !(await comesBeforeAbort(before, signal))) {
      // The next in line still waits for those before this one.
      void before.then(release);
      throw stoppedByClient();
    }
    return { [Symbol.dispose]: release };
  }
}

function withResolver(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

async function comesBeforeAbort(promise: Promise<void>, signal: AbortSignal): Promise<boolean> {
  const { promise: aborted, resolve } = withResolver();
  signal.addEventListener("abort", resolve, { once: true });
  if (signal.aborted) resolve();
  try {
    return await Promise.race([promise.then(() => true), aborted.then(() => false)]);
  } finally {
    signal.removeEventListener("abort", resolve);
  }
}

import { stoppedByClient } from "../http/problem.ts";

/** Lets one at a time do what belongs to a key, in the order in which they came. Different keys do not wait for each other. */
export class KeyedLock {
  /** For each key that is held: resolves when the last one in its line has let go. */
  readonly #last = new Map<string, Promise<void>>();

  /** Resolves when the lock is held; disposing of what it gives lets the next one in. Rejects when the signal aborts before: whoever asked has gone. */
  async acquire(key: string, signal: AbortSignal): Promise<Disposable> {
    const before = this.#last.get(key);
    const { promise: held, resolve } = withResolver();
    this.#last.set(key, held);
    const release = () => {
      if (this.#last.get(key) === held) this.#last.delete(key);
      resolve();
    };
    if (before && !(await comesBeforeAbort(before, signal))) {
      // The next one still waits for those before.
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

/** Lets one at a time do what belongs to a key, in the order in which they came. Different keys do not wait for each other. */
export class KeyedLock {
  /** For each key that is held: resolves when the last one in its line has let go. */
  readonly #last = new Map<string, Promise<void>>();

  /** Resolves when the lock is held; disposing of what it gives lets the next one in. */
  async acquire(key: string): Promise<Disposable> {
    const before = this.#last.get(key);
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#last.set(key, held);
    await before;
    return {
      [Symbol.dispose]: () => {
        if (this.#last.get(key) === held) this.#last.delete(key);
        release();
      },
    };
  }
}

/** Keys whose bodies must not be evicted. Each pin counts: a key may be evicted again once all its pins are released. */
export class PinnedKeys {
  readonly #counts = new Map<string, number>();

  has(key: string): boolean {
    return this.#counts.has(key);
  }

  keys(): Iterable<string> {
    return this.#counts.keys();
  }

  /** Returns the function that releases the pins; calling it again does nothing. */
  pin(keys: readonly string[]): () => void {
    for (const key of keys) this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    let held = [...keys];
    return () => {
      for (const key of held) this.#release(key);
      held = [];
    };
  }

  #release(key: string): void {
    const count = this.#counts.get(key) ?? 0;
    if (count > 1) this.#counts.set(key, count - 1);
    else this.#counts.delete(key);
  }
}

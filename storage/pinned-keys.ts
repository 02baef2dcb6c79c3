/** Keys whose bodies must not be evicted. They are counted: a key is free again when everyone who pinned it has let go. */
export class PinnedKeys {
  readonly #counts = new Map<string, number>();

  has(key: string): boolean {
    return this.#counts.has(key);
  }

  keys(): Iterable<string> {
    return this.#counts.keys();
  }

  /** Gives the function that lets go; calling it again does nothing. */
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

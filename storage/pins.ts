/** Keys that must not be evicted, counted: a key is free again when everyone who pinned it let go. */
export class Pins {
  readonly #counts = new Map<string, number>();

  has(key: string): boolean {
    return this.#counts.has(key);
  }

  keys(): Iterable<string> {
    return this.#counts.keys();
  }

  /** Calling what it returns a second time does nothing. */
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

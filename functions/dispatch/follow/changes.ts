/** Changes of something, counted, and those who wait for the next one. */
export class Changes {
  /** Grows with every change. */
  version = 0;
  /** Milliseconds since the epoch. */
  last = Date.now();
  readonly #listeners = new Set<() => void>();

  get isAwaited(): boolean {
    return this.#listeners.size > 0;
  }

  happened(): void {
    this.version++;
    this.last = Date.now();
    for (const listener of [...this.#listeners]) listener();
  }

  /** Resolves at the next change after `version`, at once if there was one; or when the signal aborts. */
  async after(version: number, signal: AbortSignal): Promise<void> {
    if (this.version !== version || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#listeners.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#listeners.add(done);
      signal.addEventListener("abort", done, { once: true });
    });
  }
}

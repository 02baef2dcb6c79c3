/** A version number that grows with every change, and for whose growth callers can wait. */
export class AwaitedVersion {
  number = 0;
  /** When it last grew, in milliseconds since the epoch. */
  last = Date.now();
  readonly #listeners = new Set<() => void>();

  get isAwaited(): boolean {
    return this.#listeners.size > 0;
  }

  grow(): void {
    this.number++;
    this.last = Date.now();
    for (const listener of [...this.#listeners]) listener();
  }

  /** Resolves as soon as the version differs from `number`, or when the signal aborts. */
  async after(number: number, signal: AbortSignal): Promise<void> {
    if (this.number !== number || signal.aborted) return;
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

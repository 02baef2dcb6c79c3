/** Collects what must be closed when a test ends, as a test's own context does. */
export interface Cleanup {
  after(close: () => Promise<void>): void;
}

/** Does for a program what a test's context does for a test: closes what was opened, the last opened first. */
export class CleanupStack implements Cleanup {
  readonly #closes: (() => Promise<void>)[] = [];

  after(close: () => Promise<void>): void {
    this.#closes.push(close);
  }

  /** Closes everything, then throws the first error that there was. */
  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (let close = this.#closes.pop(); close; close = this.#closes.pop()) await close().catch((error: unknown) => errors.push(error));
    if (errors.length > 0) throw errors[0];
  }
}

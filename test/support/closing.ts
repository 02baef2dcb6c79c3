/** What a test or a program has to close, last opened first. */
export class Closing {
  readonly #closes: (() => Promise<void>)[] = [];

  after(close: () => Promise<void>): void {
    this.#closes.push(close);
  }

  /** Closes all, then throws the first error there was. */
  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (let close = this.#closes.pop(); close; close = this.#closes.pop()) await close().catch((error: unknown) => errors.push(error));
    if (errors.length > 0) throw errors[0];
  }
}

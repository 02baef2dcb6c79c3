/** Lets timers, sockets and other tasks run. Loops over lists that may have hundreds of thousands of members call it now and then. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The number of list members to process between two turns, if each takes about a microsecond. */
export const perTurn = 5_000;

/** The most milliseconds for which a `TurnTaker` holds the thread. */
const longestHold = 5;

/** Lets other tasks run every few milliseconds of a loop whose steps take long or varying times. */
export class TurnTaker {
  #begun = performance.now();

  /** Must be awaited between two steps. */
  async take(): Promise<void> {
    if (performance.now() - this.#begun < longestHold) return;
    await turn();
    this.#begun = performance.now();
  }
}

/** A queue for long-running tasks: one runs at a time, in the order in which they asked, and other tasks run in between. */
export class TurnQueue {
  readonly #waiting: (() => void)[] = [];

  next(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.push(resolve) === 1) setImmediate(() => this.#give());
    });
  }

  #give(): void {
    this.#waiting.shift()?.();
    if (this.#waiting.length > 0) setImmediate(() => this.#give());
  }
}

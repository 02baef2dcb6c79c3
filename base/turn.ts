/** Lets timers, sockets and others who wait have the thread. Loops over lists that may have hundreds of thousands of members call it now and then. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** How many members of a list one turn works on, where each takes a microsecond or so. */
export const perTurn = 5_000;

/** Turns of several who work for long: one has the thread at a time, in the order in which they asked, and after each whoever else waits has it. */
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

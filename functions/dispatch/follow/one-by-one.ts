/**
 * Works on items one at a time, in the order they came, until the signal aborts. What comes just as the last one ends is worked on all the same.
 * `work` must not reject.
 */
export class OneByOne<Item> {
  readonly #work: (item: Item) => Promise<void>;
  readonly #signal: AbortSignal;
  /** From `#next` on: taking the first out of hundreds of thousands would move all the others. */
  #items: Item[] = [];
  #next = 0;
  #isWorking = false;

  constructor(work: (item: Item) => Promise<void>, signal: AbortSignal) {
    this.#work = work;
    this.#signal = signal;
  }

  add(item: Item): void {
    this.#items.push(item);
    if (!this.#isWorking) void this.#workAll();
  }

  async #workAll(): Promise<void> {
    this.#isWorking = true;
    try {
      while (this.#next < this.#items.length && !this.#signal.aborted) await this.#work(this.#take());
    } finally {
      // In the same turn as the last look at the items.
      this.#isWorking = false;
    }
  }

  #take(): Item {
    const item = this.#items[this.#next++]!;
    if (this.#next * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#next);
      this.#next = 0;
    }
    return item;
  }
}

/**
 * Writes changed items to the journal, in their state at the time of writing: several changes of an item between two writes become one record.
 *
 * Guarantees: `flush` resolves when everything marked before the call is durable, and rejects if the journal refuses. Refused items stay
 * marked and are written with the next flush, so that a resolved flush leaves nothing out.
 */
import type { Journal } from "./journal.ts";

/** An item with a record in the journal. `record` is its present text; undefined if the item is gone. */
export interface Recorded {
  readonly number: number;
  record(): string | undefined;
}

const recordsPerWrite = 2000;

export class WriteBehind {
  readonly #journal: Journal;
  #marked = new Set<Recorded>();
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  mark(item: Recorded): void {
    this.#marked.add(item);
  }

  /** Removes the mark of an item whose record was written otherwise. */
  unmark(item: Recorded): void {
    this.#marked.delete(item);
  }

  /** Calls made while a write is under way share the next one. */
  flush(): Promise<void> {
    this.#next ??= this.#running.then(ignore, ignore).then(() => {
      this.#next = undefined;
      this.#running = this.#writeMarked();
      return this.#running;
    });
    return this.#next;
  }

  async #writeMarked(): Promise<void> {
    const marked = [...this.#marked];
    this.#marked = new Set();
    for (let start = 0; start < marked.length; start += recordsPerWrite) {
      const slice = marked.slice(start, start + recordsPerWrite);
      try {
        await this.#journal.write(new Map(slice.map((item) => [item.number, item.record()])));
      } catch (error) {
        for (const item of marked.slice(start)) this.#marked.add(item);
        throw error;
      }
    }
  }
}

/** Ignores the failure of an earlier flush, which that flush reports itself. */
function ignore(): void {}

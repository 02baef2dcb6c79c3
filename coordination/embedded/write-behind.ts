/**
 * Writes what changed to the journal, as it is when its turn comes: several changes of one thing between two writes become one record.
 *
 * Promises: `flush` resolves when everything marked before the call is durable, and rejects where the journal refused it. What was refused stays
 * marked and goes with the next flush, so that nothing that a later flush covers is missing.
 */
import type { Journal } from "./journal.ts";

/** Something with a number of its own; `record` is what is true of it now, undefined when it is gone. */
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

  /** Its record is as it should be: somebody else wrote it. */
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

/** The flush that a write belongs to reports its failure. */
function ignore(): void {}

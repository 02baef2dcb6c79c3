/** A journal that lasts as long as the object: for tests, and where nothing has to outlive the process. */
import type { Journal } from "./journal.ts";

export function createMemoryJournal(records = new Map<number, string>()): Journal {
  return {
    async *load() {
      yield* [...records].sort(([a], [b]) => a - b);
    },
    async write(changes) {
      for (const [number, record] of changes) {
        if (record === undefined) records.delete(number);
        else records.set(number, record);
      }
    },
    async close() {},
  };
}

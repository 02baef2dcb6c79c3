/**
 * The records from which the coordinator goes on after a crash: JSON texts, each under a number that is never used again.
 *
 * Guarantees: what a resolved `write` wrote survives a crash. Each change is there completely or not at all; of a write that had not resolved, any
 * part of the changes may be there.
 */
export interface Journal {
  /** Reads all records, in order of their numbers. Called once, before any write. */
  load(): AsyncIterable<readonly [number: number, record: string]>;
  /** Writes records; `undefined` deletes one. It is not called again before it settles. */
  write(changes: ReadonlyMap<number, string | undefined>): Promise<void>;
  /** Writes the changes that `make` returns, in one transaction with what `make` writes to the journal's environment. Absent if the journal shares none. */
  writeAlong?(make: () => ReadonlyMap<number, string | undefined>): Promise<void>;
  close(): Promise<void>;
}

/** A journal in memory, for tests and for processes after which nothing must remain. */
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

/**
 * What the coordinator writes down so that it can go on after a crash. Records are JSON texts under numbers that the coordinator gives once and never again.
 *
 * Promises: what a resolved `write` wrote is there after a crash. Each change is there wholly or not at all; of a write that had not resolved any
 * part may be there.
 */
export interface Journal {
  /** All records, lowest number first. Called once, before any write. */
  load(): AsyncIterable<readonly [number: number, record: string]>;
  /** `undefined` deletes the record. Not called again before it settles. */
  write(changes: ReadonlyMap<number, string | undefined>): Promise<void>;
  /** What `make` writes to the environment of the journal, and the changes that it gives: in one transaction. Absent where there is nothing but the journal. */
  writeAlong?(make: () => ReadonlyMap<number, string | undefined>): Promise<void>;
  close(): Promise<void>;
}

/** A journal that lasts as long as the object: for tests, and where nothing has to outlive the process. */
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

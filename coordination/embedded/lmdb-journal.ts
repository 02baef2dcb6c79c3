/**
 * A journal in a database of an LMDB environment, which others, such as the embedded store, may share. LMDB syncs before a write resolves.
 */
import type { Database } from "lmdb";
import type { Journal } from "./journal.ts";

/** The part of an environment that is used here. `openEnvironment` of `storage/` returns one, and `shareEnvironment` a shared one. */
export interface JournalEnvironment {
  readonly root: { openDB(name: string, options: { readonly encoding: "string" }): Database<string, number> };
  transact<T>(action: () => T): Promise<T>;
  close(): Promise<void>;
}

const recordsPerTurn = 2000;
/** The name must change with the form of the records, so that records of older versions are not read. */
const databaseName = "coordination 3";

export interface LmdbJournal extends Journal {
  /** Writes changes inside a transaction that the caller began: all changes of the transaction reach the disk together, or none. */
  writeWithin(changes: ReadonlyMap<number, string | undefined>): void;
}

export function createLmdbJournal(environment: JournalEnvironment): LmdbJournal {
  const records = environment.root.openDB(databaseName, { encoding: "string" });
  const writeWithin: LmdbJournal["writeWithin"] = (changes) => {
    for (const [number, record] of changes) {
      if (record === undefined) records.remove(number);
      else records.put(number, record);
    }
  };
  return {
    async *load() {
      for (let start = 0; ; ) {
        const entries = [...records.getRange({ start, limit: recordsPerTurn })];
        for (const { key, value } of entries) yield [key, value] as const;
        if (entries.length < recordsPerTurn) return;
        start = entries.at(-1)!.key + 1;
      }
    },
    writeWithin,
    write: (changes) => environment.transact(() => writeWithin(changes)),
    writeAlong: (make) => environment.transact(() => writeWithin(make())),
    close: () => environment.close(),
  };
}

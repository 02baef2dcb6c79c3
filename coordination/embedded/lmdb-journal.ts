/**
 * A journal in a database of an LMDB environment that others may share, the embedded store for one. LMDB syncs before a write resolves.
 */
import type { Database } from "lmdb";
import type { Journal } from "./journal.ts";

/** The part of an environment that is used here; `openEnvironment` of `storage/` gives one, `shareEnvironment` one that others share. */
export interface JournalEnvironment {
  readonly root: { openDB(name: string, options: { readonly encoding: "string" }): Database<string, number> };
  transact<T>(action: () => T): Promise<T>;
  close(): Promise<void>;
}

const recordsPerTurn = 2000;
/** Another form of the records has another name: what an older version left is not read. */
const databaseName = "coordination 3";

export interface LmdbJournal extends Journal {
  /** Writes the changes inside a transaction of the environment that the caller began: all that the transaction changes reaches the disk together, or none of it. */
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

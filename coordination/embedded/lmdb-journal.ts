/**
 * A journal in an LMDB database. The caller opens the database and makes sure that it is the only one that uses it. LMDB syncs before a write resolves.
 */
import type { Database } from "lmdb";
import type { Journal } from "./journal.ts";

/** What this needs of an environment of its own; `openEnvironment` of `storage/` gives one. */
export interface JournalEnvironment {
  readonly root: { openDB(name: string, options: { readonly encoding: "string" }): Database<string, number> };
  transact<T>(action: () => T): Promise<T>;
  close(): Promise<void>;
}

const recordsPerTurn = 2000;

export function createLmdbJournal(environment: JournalEnvironment): Journal {
  const records = environment.root.openDB("coordination", { encoding: "string" });
  return {
    async *load() {
      for (let start = 0; ; ) {
        const entries = [...records.getRange({ start, limit: recordsPerTurn })];
        for (const { key, value } of entries) yield [key, value] as const;
        if (entries.length < recordsPerTurn) return;
        start = entries.at(-1)!.key + 1;
      }
    },
    write: (changes) =>
      environment.transact(() => {
        for (const [number, record] of changes) {
          if (record === undefined) records.remove(number);
          else records.put(number, record);
        }
      }),
    close: () => environment.close(),
  };
}

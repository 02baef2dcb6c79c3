/** A table of those entries of a bounded table whose keys have one prefix, so that several kinds of entries share one bound. */
import type { Entry, Table } from "../table.ts";
import type { BoundedTable, ScannedEntry } from "./bounded-table.ts";

export class TableView implements Table {
  readonly #table: BoundedTable;
  readonly #prefix: string;

  constructor(table: BoundedTable, prefix: string) {
    this.#table = table;
    this.#prefix = prefix;
  }

  insert = (entries: readonly Entry[]) => this.#table.insert(entries.map(this.#lengthen));
  /** Does the same as `insert`, inside a transaction that the caller began. */
  insertWithin = (entries: readonly Entry[]) => this.#table.insertWithin(entries.map(this.#lengthen));
  replace = (entry: Entry) => this.#table.replace(this.#lengthen(entry));
  get = async (keys: readonly string[]) => this.#shorten(await this.#table.get(this.#keys(keys)));
  find = async (keys: readonly string[]) => {
    const whole = this.#keys(keys);
    const found = await this.#table.find(whole);
    return new Set(keys.filter((_, index) => found.has(whole[index]!)));
  };
  describe = async (keys: readonly string[]) => this.#shorten(await this.#table.describe(this.#keys(keys)));
  renew = async (keys: readonly string[]) => void (await this.#table.find(this.#keys(keys)));
  drop = (keys: readonly string[]) => this.#table.drop(this.#keys(keys));

  /** Lists all entries in bounded groups, without renewing last uses. */
  async *scan(): AsyncGenerator<ScannedEntry> {
    for await (const entry of this.#table.scan(this.#prefix)) yield { ...entry, key: entry.key.slice(this.#prefix.length) };
  }

  #keys = (keys: readonly string[]) => keys.map((key) => this.#prefix + key);
  #lengthen = (entry: Entry): Entry => ({ ...entry, key: this.#prefix + entry.key });

  #shorten<T>(found: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
    return new Map([...found].map(([key, value]) => [key.slice(this.#prefix.length), value]));
  }
}

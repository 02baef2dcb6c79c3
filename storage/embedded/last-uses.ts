/**
 * Keeps the size, the last use and the note of each body of a table, in two databases: NAME-uses (key → size, stamp, note) and NAME-order
 * (stamp → key). `add`, `move` and `remove` must be called inside the transaction that changes the body, `add` and `remove` by an action of `change`.
 *
 * A stamp is the time of last use in microseconds since the epoch, made unique. A use is kept in memory and written once it is an hour newer than the stamp on
 * disk; so the order is exact while the process lives, for the keys that were used last, and to the hour after a restart.
 */
import type { Database } from "lmdb";
import { LRUCache } from "lru-cache";
import { decodeJson, encodeJson } from "../encode-records.ts";
import { readNumber, writeNumbers } from "./binary-keys.ts";
import { type Environment, entryCount } from "./environment.ts";

/** One entry of NAME-uses; its fields are decoded only when they are read. */
export class Use {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The bytes of the body. */
  get size(): number {
    return readNumber(this.#bytes, 0);
  }

  get stamp(): number {
    return readNumber(this.#bytes, 8);
  }

  get note(): unknown {
    return this.#bytes.length > fixedBytes ? decodeJson(this.#bytes.subarray(fixedBytes)) : undefined;
  }
}

type Bytes = Uint8Array;

/** The microseconds after which a use is written. */
const writtenAfter = 3_600_000_000;
const rememberedUses = 32_768;
/** The bytes of size and stamp; the note follows them. */
const fixedBytes = 16;

export class LastUses {
  readonly #name: string;
  readonly #now: () => number;
  readonly #uses: Database<Bytes, Bytes>;
  readonly #order: Database<Bytes, Bytes>;
  readonly #totals: Database<Bytes, string>;
  /** The stamps that are newer than those on disk, by key. */
  readonly #recent = new LRUCache<string, number>({ max: rememberedUses });
  #lastStamp: number;
  /** The bytes of all bodies so far, while an action of `change` runs. */
  #changing: number | undefined;

  /** `now`: milliseconds since the epoch. */
  constructor({ root }: Environment, { name, now }: { readonly name: string; readonly now: () => number }) {
    this.#name = name;
    this.#now = now;
    const binary = { encoding: "binary", keyEncoding: "binary" } as const;
    this.#uses = root.openDB(`${name}-uses`, binary);
    this.#order = root.openDB(`${name}-order`, binary);
    this.#totals = root.openDB("totals", { encoding: "binary" });
    const [newest] = [...this.#order.getRange({ reverse: true, limit: 1 })];
    this.#lastStamp = newest === undefined ? 0 : readNumber(newest.key, 0);
  }

  /** The number of bodies, and whether the order has an entry for each. */
  count(): { readonly bodies: number; readonly isWhole: boolean } {
    const bodies = entryCount(this.#uses);
    return { bodies, isWhole: bodies === entryCount(this.#order) };
  }

  /** Runs an action that adds and removes, inside a transaction; the sum of bytes is read and written only once for it. */
  change<T>(action: () => T): T {
    const before = this.bytes();
    this.#changing = before;
    try {
      return action();
    } finally {
      if (this.#changing !== before) this.#totals.put(this.#name, writeNumbers(this.#changing));
      this.#changing = undefined;
    }
  }

  /** The bytes of all bodies together. */
  bytes(): number {
    if (this.#changing !== undefined) return this.#changing;
    const total = this.#totals.getBinary(this.#name);
    return total === undefined ? 0 : readNumber(total, 0);
  }

  get(key: Bytes): Use | undefined {
    const use = this.#uses.getBinary(key);
    return use && new Use(use);
  }

  /** The uses of keys in this range, in the order of keys, at most `limit`. */
  scan(range: {
    readonly start: Bytes;
    readonly end: Bytes;
    readonly limit: number;
  }): readonly { readonly key: Bytes; readonly use: Use }[] {
    return [...this.#uses.getRange(range)].map(({ key, value }) => ({ key, use: new Use(value) }));
  }

  /** The body that was used least recently by the stamps on disk. */
  oldest(): { readonly key: Bytes; readonly stamp: number } | undefined {
    const [oldest] = this.#order.getRange({ limit: 1 });
    return oldest && { key: oldest.value, stamp: readNumber(oldest.key, 0) };
  }

  add(key: Bytes, size: number, note: unknown): void {
    const stamp = this.nextStamp();
    this.#uses.put(key, writeUse(size, stamp, note));
    this.#order.put(writeNumbers(stamp), key);
    this.#changing! += size;
  }

  move(key: Bytes, stamp: number): void {
    const use = this.#uses.getBinary(key);
    if (use === undefined) return;
    this.#order.remove(writeNumbers(readNumber(use, 8)));
    this.#uses.put(key, Buffer.concat([writeNumbers(readNumber(use, 0), stamp), use.subarray(fixedBytes)]));
    this.#order.put(writeNumbers(stamp), key);
  }

  /** Removes the record of a body; returns false if the key is not stored. */
  remove(key: Bytes, name: string): boolean {
    const use = this.get(key);
    if (use === undefined) return false;
    this.#uses.remove(key);
    this.#order.remove(writeNumbers(use.stamp));
    this.#changing! -= use.size;
    this.#recent.delete(name);
    return true;
  }

  /** Remembers that a body is used now. Returns the new stamp if it should be written. */
  remember(name: string, written?: Use): number | undefined {
    const stamp = this.nextStamp();
    this.#recent.set(name, stamp);
    return written && stamp - written.stamp >= writtenAfter ? stamp : undefined;
  }

  /** The remembered stamp of the last use; undefined if none is remembered. */
  remembered(name: string): number | undefined {
    return this.#recent.peek(name);
  }

  nextStamp(): number {
    this.#lastStamp = Math.max(this.#lastStamp + 1, this.#now() * 1000);
    return this.#lastStamp;
  }
}

/** An entry of NAME-uses. */
function writeUse(size: number, stamp: number, note: unknown): Bytes {
  const numbers = writeNumbers(size, stamp);
  if (note === undefined) return numbers;
  const json = encodeJson(note);
  const bytes = new Uint8Array(fixedBytes + json.length);
  bytes.set(numbers);
  bytes.set(json, fixedBytes);
  return bytes;
}

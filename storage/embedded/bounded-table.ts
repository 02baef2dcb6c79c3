/**
 * A table of bodies by key in LMDB, bounded in bytes: the least recently used bodies are evicted first (`last-uses.ts`). Only pinned bodies can make it
 * exceed the bound.
 *
 * Guarantees: a body and the record of its use change in one transaction. No transaction and no turn of the event loop takes longer than some
 * milliseconds, whatever the size of a request.
 */
import { setImmediate as turn } from "node:timers/promises";
import type { Database } from "lmdb";
import type { Inserted, StoredBody, StoreUsage } from "../store.ts";
import { refuseTooLarge, StoreError } from "../store-error.ts";
import type { Entry } from "../table.ts";
import { decodeKey, encodeKey, refuseLongKey } from "./binary-keys.ts";
import { damaged, type Environment, entryCount } from "./environment.ts";
import { LastUses, type Use } from "./last-uses.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export interface BoundedTableOptions {
  readonly name: string;
  /** The most bytes of all bodies. */
  readonly limit: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly isPinned: (key: string) => boolean;
  /** Called if a use could not be written; only its time is lost. */
  readonly onUnwritten: (error: unknown) => void;
}

export interface ScannedEntry {
  readonly key: string;
  readonly note: unknown;
  /** Milliseconds since the epoch. */
  readonly used: number;
}

/** `again`: some bodies were evicted, but not enough yet. */
type Written = Inserted | StoreError | "again";
type Passed = "none" | "pinned" | "moved" | "removed";
type Collide = (stored: Uint8Array, body: Uint8Array) => Inserted | "replace";

/** The most bytes and bodies that one transaction writes, or one turn of the event loop reads. Each transaction waits for the disk once, whatever it writes. */
const bytesAtOnce = 4 * 2 ** 20;
const bodiesAtOnce = 256;
const keysAtOnce = 1000;
/** The most bodies that a transaction examines for eviction if it also writes one. */
const evictionsAtOnce = 32;
const removalsAtOnce = 256;

const firstStays: Collide = (stored, body) => (isSame(stored, body) ? "same" : "different");
const lastStays: Collide = (stored, body) => (isSame(stored, body) ? "same" : "replace");

export class BoundedTable {
  readonly #environment: Environment;
  readonly #options: BoundedTableOptions;
  readonly #bodies: Database<Uint8Array, Uint8Array>;
  readonly #uses: LastUses;

  constructor(environment: Environment, options: BoundedTableOptions) {
    this.#environment = environment;
    this.#options = options;
    const { root, read } = environment;
    this.#bodies = read(() => root.openDB(options.name, { encoding: "binary", keyEncoding: "binary" }));
    this.#uses = read(() => new LastUses(environment, options));
    const { bodies, isWhole } = this.#uses.count();
    if (!isWhole || bodies !== entryCount(this.#bodies)) {
      throw damaged(environment.directory, new Error(`${options.name}: bodies and their uses differ in number`));
    }
  }

  /** Inserts bodies; the first one under a key stays. Returns an outcome for each; a `StoreError` for a body that can never be kept. */
  insert(entries: readonly Entry[]): Promise<readonly (Inserted | StoreError)[]> {
    return this.#write(entries, firstStays);
  }

  /** Does the same as `insert`, inside a transaction that the caller began. The caller bounds the number and the bytes of the entries. */
  insertWithin(entries: readonly Entry[]): readonly (Inserted | StoreError)[] {
    return this.#uses.change(() =>
      entries.map((entry) => {
        for (;;) {
          const outcome = this.#writeOne(entry, firstStays);
          if (outcome !== "again") return outcome;
        }
      }),
    );
  }

  /** Writes a body in place of the one under its key, if any. */
  async replace(entry: Entry): Promise<void> {
    const [outcome] = await this.#write([entry], lastStays);
    if (outcome instanceof StoreError) throw outcome;
  }

  /** Returns the stored bodies of these keys, and renews their last use. */
  async get(keys: readonly string[]): Promise<ReadonlyMap<string, StoredBody>> {
    const found = new Map<string, StoredBody>();
    let bytes = 0;
    for (const [key, { size, note }] of await this.find(keys)) {
      const body = this.#environment.read(() => this.#bodies.getBinary(encodeKey(key)));
      // The body was removed after its use was read.
      if (body === undefined) continue;
      found.set(key, note === undefined ? { bytes: ownMemory(body) } : { bytes: ownMemory(body), note });
      bytes += size;
      if (bytes < bytesAtOnce && found.size % bodiesAtOnce > 0) continue;
      bytes = 0;
      await turn();
    }
    return found;
  }

  /** Returns the sizes and notes of those keys that are stored, and renews their last use. */
  async find(keys: readonly string[]): Promise<ReadonlyMap<string, Use>> {
    const overdue: { readonly key: string; readonly stamp: number }[] = [];
    const found = await this.describe(keys, (key, use) => {
      const stamp = this.#uses.remember(key, use);
      if (stamp !== undefined) overdue.push({ key, stamp });
    });
    const moveSome = () => {
      for (const { key, stamp } of overdue.splice(0, keysAtOnce)) this.#uses.move(encodeKey(key), stamp);
    };
    while (overdue.length > 0) await this.#environment.transact(moveSome).catch(this.#options.onUnwritten);
    return found;
  }

  /** Returns the sizes and notes of those keys that are stored, without renewing their last use. */
  async describe(keys: readonly string[], onFound?: (key: string, use: Use) => void): Promise<ReadonlyMap<string, Use>> {
    const found = new Map<string, Use>();
    for (const [index, key] of keys.entries()) {
      if (index % keysAtOnce === keysAtOnce - 1) await turn();
      const use = this.#environment.read(() => this.#uses.get(encodeKey(key)));
      if (use === undefined) continue;
      found.set(key, use);
      onFound?.(key, use);
    }
    return found;
  }

  /** Removes the keys and returns how many of them were stored. */
  drop(keys: readonly string[]): Promise<number> {
    let next = 0;
    return this.#removeWhile(() => {
      const key = keys[next++];
      return key === undefined ? "none" : this.#remove(encodeKey(key)) ? "removed" : "moved";
    });
  }

  /** Lists the entries whose keys begin with `prefix`, in bounded groups, without reading bodies or renewing last uses. */
  async *scan(prefix: string): AsyncGenerator<ScannedEntry> {
    const end = Buffer.concat([encodeKey(prefix), Uint8Array.of(255)]);
    for (let start: Uint8Array = encodeKey(prefix); ; await turn()) {
      const some = this.#environment.read(() => this.#uses.scan({ start, end, limit: keysAtOnce }));
      for (const { key: keyBytes, use } of some) {
        const key = decodeKey(keyBytes);
        yield { key, note: use.note, used: Math.floor((this.#uses.remembered(key) ?? use.stamp) / 1000) };
      }
      const last = some.at(-1);
      if (last === undefined || some.length < keysAtOnce) return;
      start = Buffer.concat([last.key, Uint8Array.of(0)]);
    }
  }

  /** Removes bodies that were last used before this time (milliseconds since the epoch), unless they are pinned; returns how many. */
  removeUnused(before: number): Promise<number> {
    return this.#removeWhile(() => this.#passOldest(before * 1000));
  }

  /** Removes everything, pinned or not. */
  async clear(): Promise<void> {
    await this.#removeWhile(() => {
      const oldest = this.#uses.oldest();
      return oldest && this.#remove(oldest.key) ? "removed" : "none";
    });
  }

  usage(): StoreUsage {
    const { limit } = this.#options;
    return this.#environment.read(() => ({ bodies: this.#uses.count().bodies, bytes: this.#uses.bytes(), limit }));
  }

  #change(action: () => void): Promise<void> {
    return this.#environment.transact(() => this.#uses.change(action));
  }

  async #write(entries: readonly Entry[], collide: Collide): Promise<readonly (Inserted | StoreError)[]> {
    const outcomes: (Inserted | StoreError)[] = [];
    while (outcomes.length < entries.length) {
      await this.#change(() => {
        let bytes = 0;
        for (let count = 0; count < bodiesAtOnce && bytes < bytesAtOnce && outcomes.length < entries.length; count++) {
          const entry = entries[outcomes.length]!;
          const outcome = this.#writeOne(entry, collide);
          if (outcome === "again") return;
          outcomes.push(outcome);
          bytes += entry.body.byteLength;
        }
      });
    }
    return outcomes;
  }

  /** Called inside a transaction. */
  #writeOne({ key, body, note }: Entry, collide: Collide): Written {
    const { limit } = this.#options;
    const refusal = refuseLongKey(key) ?? refuseTooLarge(key, body.byteLength, limit);
    if (refusal) return refusal;
    const keyBytes = encodeKey(key);
    const stored = this.#bodies.getBinary(keyBytes);
    if (stored !== undefined) {
      const verdict = collide(stored, body);
      this.#uses.remember(key);
      if (verdict !== "replace") return verdict;
      this.#remove(keyBytes);
    }
    const target = limit - body.byteLength;
    const moved = this.#evict(target);
    if (moved > 0 && this.#uses.bytes() > target) return "again";
    this.#bodies.put(keyBytes, body);
    this.#uses.add(keyBytes, body.byteLength, note);
    return "inserted";
  }

  /** Called inside a transaction. Returns how many bodies it evicted or moved in the order for good; 0 if only pinned ones are left. */
  #evict(target: number): number {
    const start = this.#uses.nextStamp();
    let moved = 0;
    for (let steps = 0; steps < evictionsAtOnce && this.#uses.bytes() > target; steps++) {
      const passed = this.#passOldest(start);
      if (passed === "none") break;
      if (passed !== "pinned") moved++;
    }
    return moved;
  }

  /** Called inside a transaction. Removes the least recently used body, if its last use is before `end`; a pinned or meanwhile used one is moved in the order. */
  #passOldest(end: number): Passed {
    const oldest = this.#uses.oldest();
    if (oldest === undefined || oldest.stamp >= end) return "none";
    const key = decodeKey(oldest.key);
    if (this.#options.isPinned(key)) {
      this.#uses.move(oldest.key, this.#uses.nextStamp());
      return "pinned";
    }
    const used = this.#uses.remembered(key);
    if (used !== undefined && used > oldest.stamp) {
      this.#uses.move(oldest.key, used);
      return "moved";
    }
    this.#remove(oldest.key);
    return "removed";
  }

  /** Calls `pass` until it finds no more bodies; returns how many were removed. */
  async #removeWhile(pass: () => Passed): Promise<number> {
    let removed = 0;
    for (let isOver = false; !isOver; ) {
      await this.#change(() => {
        for (let steps = 0; steps < removalsAtOnce && !isOver; steps++) {
          const passed = pass();
          isOver = passed === "none";
          if (passed === "removed") removed++;
        }
      });
      if (!isOver) await turn();
    }
    return removed;
  }

  /** Called inside a transaction. Returns false if the key is not stored. */
  #remove(keyBytes: Uint8Array): boolean {
    if (!this.#uses.remove(keyBytes, decodeKey(keyBytes))) return false;
    this.#bodies.remove(keyBytes);
    return true;
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Copies bytes to a buffer of their own if LMDB's binding returned a view of a larger one. */
function ownMemory(bytes: Uint8Array): Bytes {
  const isWhole = bytes.byteOffset === 0 && bytes.buffer.byteLength === bytes.byteLength && bytes.buffer instanceof ArrayBuffer;
  return isWhole ? new Uint8Array(bytes.buffer) : new Uint8Array(bytes);
}

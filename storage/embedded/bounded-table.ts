/**
 * Bodies by key, bounded in bytes: the least recently used go first.
 *
 * Three databases, always changed in one transaction: NAME (key → body), NAME-uses (key → size, stamp, note), NAME-order (stamp → key).
 * A stamp is the time of last use in microseconds, made unique. A use is kept in memory and written once it is an hour newer than the stamp on
 * disk; so order is exact while the process lives (for the keys used last, see `Recency`) and to the hour after a restart.
 * The bound is exceeded only where pinned bodies stand in the way.
 */
import { setImmediate as turn } from "node:timers/promises";
import type { Database } from "lmdb";
import { decodeJson, encodeJson } from "../records.ts";
import type { Inserted, StoredBody, StoreUsage } from "../store.ts";
import { StoreError } from "../store-error.ts";
import { decodeKey, encodeKey, readNumber, writeNumbers } from "./binary-keys.ts";
import { damaged, type Environment, entryCount } from "./environment.ts";
import { Recency } from "./recency.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export interface BoundedTableOptions {
  readonly name: string;
  /** Bytes of bodies. */
  readonly limit: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly isPinned: (key: string) => boolean;
  /** A use could not be written; nothing is lost but its time. */
  readonly onUnwritten: (error: unknown) => void;
}

export interface NewBody {
  readonly key: string;
  readonly body: Uint8Array;
  /** JSON kept beside the body, and not counted. */
  readonly note?: unknown;
}

const writtenAfter = 3_600_000_000;
const rememberedUses = 32_768;
/** Bodies looked at for eviction in one transaction, so that it never holds the thread for long. */
const stepsPerTransaction = 32;
const keysPerScan = 200;
/** Bytes of bodies that one transaction writes, or that are read in one turn of the event loop: some milliseconds' work. */
const bytesAtOnce = 4 * 2 ** 20;
const bodiesAtOnce = 64;

export class BoundedTable {
  readonly #environment: Environment;
  readonly #options: BoundedTableOptions;
  readonly #bodies: Database<Uint8Array, Uint8Array>;
  readonly #uses: Database<Uint8Array, Uint8Array>;
  readonly #order: Database<Uint8Array, Uint8Array>;
  readonly #totals: Database<Uint8Array, string>;
  readonly #recency = new Recency(rememberedUses);
  #lastStamp = 0;

  constructor(environment: Environment, options: BoundedTableOptions) {
    this.#environment = environment;
    this.#options = options;
    const { root, read } = environment;
    const binary = { encoding: "binary", keyEncoding: "binary" } as const;
    this.#bodies = read(() => root.openDB(options.name, binary));
    this.#uses = read(() => root.openDB(`${options.name}-uses`, binary));
    this.#order = read(() => root.openDB(`${options.name}-order`, binary));
    this.#totals = read(() => root.openDB("totals", { encoding: "binary" }));
    if (entryCount(this.#uses) !== entryCount(this.#order) || entryCount(this.#uses) !== entryCount(this.#bodies)) {
      throw damaged(environment.directory, new Error(`${options.name}: bodies and their uses differ in number`));
    }
    const [newest] = read(() => [...this.#order.getRange({ reverse: true, limit: 1 })]);
    if (newest !== undefined) this.#lastStamp = readNumber(newest.key, 0);
  }

  /** The first body under each key stays. Says of each what became of it; one that can never be kept gets a `StoreError`. */
  insert(bodies: readonly NewBody[]): Promise<readonly (Inserted | StoreError)[]> {
    return this.#write(bodies, firstStays);
  }

  /** As `insert`, inside a transaction that the caller began; the caller bounds their number and bytes. */
  insertWithin(bodies: readonly NewBody[]): readonly (Inserted | StoreError)[] {
    return bodies.map((each) => {
      const { keyBytes, refusal } = this.#check(each);
      for (;;) {
        const outcome = refusal ?? this.#writeOne({ ...each, keyBytes }, firstStays);
        if (outcome !== "again") return outcome;
      }
    });
  }

  /** The last body under a key stays. */
  async replace(key: string, body: Uint8Array): Promise<void> {
    const [outcome] = await this.#write([{ key, body }], lastStays);
    if (outcome instanceof StoreError) throw outcome;
  }

  async get(key: string): Promise<Bytes | undefined> {
    return (await this.getAll([key])).get(key)?.bytes;
  }

  /** Those of the keys that are there, with their notes. */
  async getAll(keys: readonly string[]): Promise<ReadonlyMap<string, StoredBody>> {
    const found = new Map<string, StoredBody>();
    let bytes = 0;
    for (const [index, key] of keys.entries()) {
      if (bytes >= bytesAtOnce || index % bodiesAtOnce === bodiesAtOnce - 1) {
        bytes = 0;
        await turn();
      }
      const keyBytes = encodeKey(key);
      const body = this.#environment.read(() => this.#bodies.getBinary(keyBytes));
      const use = body && this.#environment.read(() => this.#uses.getBinary(keyBytes));
      if (body === undefined || use === undefined) continue;
      found.set(
        key,
        use.length > useBytes ? { bytes: ownMemory(body), note: decodeJson(use.subarray(useBytes)) } : { bytes: ownMemory(body) },
      );
      bytes += body.length;
    }
    await this.#renew([...found.keys()]);
    return found;
  }

  /** Those of the keys that are there; renews their last use, reads no bodies. */
  find(keys: readonly string[]): Promise<readonly string[]> {
    return this.#renew(keys);
  }

  /** Gives how many of them there were. */
  async drop(keys: readonly string[]): Promise<number> {
    let next = 0;
    return this.#removeWhile(() => {
      const key = keys[next++];
      return key === undefined ? "none" : this.#remove(encodeKey(key)) ? "removed" : "moved";
    });
  }

  /** Those of the keys that are there, with the sizes of their bodies; renews nothing. */
  sizes(keys: readonly string[]): ReadonlyMap<string, number> {
    const uses = keys.map((key) => [key, this.#environment.read(() => this.#uses.getBinary(encodeKey(key)))] as const);
    return new Map(uses.flatMap(([key, use]) => (use === undefined ? [] : [[key, readNumber(use, 0)] as const])));
  }

  /** Keys that begin so, with their bodies and last use (milliseconds since the epoch), some at a time; renews nothing. */
  async *scan(prefix: string): AsyncGenerator<{ readonly key: string; readonly body: Bytes; readonly used: number }> {
    const end = Buffer.concat([encodeKey(prefix), Uint8Array.of(255)]);
    for (let start: Uint8Array = encodeKey(prefix); ; await turn()) {
      const some = this.#environment.read(() =>
        [...this.#bodies.getRange({ start, end, limit: keysPerScan })].map(({ key, value }) => {
          const name = decodeKey(key as Uint8Array);
          const use = this.#uses.getBinary(key);
          const used = this.#recency.get(name) ?? (use === undefined ? 0 : readNumber(use, 8));
          return { key: name, body: new Uint8Array(value), used: Math.floor(used / 1000) };
        }),
      );
      yield* some;
      const last = some.at(-1);
      if (last === undefined || some.length < keysPerScan) return;
      start = Buffer.concat([encodeKey(last.key), Uint8Array.of(0)]);
    }
  }

  /** Removes what was last used before this time (milliseconds since the epoch), unless it is pinned; gives how many went. */
  expire(before: number): Promise<number> {
    return this.#removeWhile(() => this.#passOldest(before * 1000));
  }

  /** Removes everything, pinned or not. */
  async clear(): Promise<void> {
    await this.#removeWhile(() => {
      const [oldest] = this.#order.getRange({ limit: 1 });
      if (oldest === undefined) return "none";
      this.#remove(oldest.value);
      return "removed";
    });
  }

  usage(): StoreUsage {
    return this.#environment.read(() => ({ bodies: entryCount(this.#uses), bytes: this.#bytes(), limit: this.#options.limit }));
  }

  /** In transactions of bounded length. */
  async #write(bodies: readonly NewBody[], collide: Collide): Promise<readonly (Inserted | StoreError)[]> {
    const encoded = bodies.map((each) => ({ ...each, ...this.#check(each) }));
    const outcomes: (Inserted | StoreError)[] = [];
    while (outcomes.length < bodies.length) {
      await this.#environment.transact(() => {
        let bytes = 0;
        for (let count = 0; count < bodiesAtOnce && bytes < bytesAtOnce && outcomes.length < bodies.length; count++) {
          const next = encoded[outcomes.length]!;
          const outcome = next.refusal ?? this.#writeOne(next, collide);
          if (outcome === "again") return;
          outcomes.push(outcome);
          bytes += next.body.byteLength;
        }
      });
    }
    return outcomes;
  }

  #check({ key, body }: NewBody): { readonly keyBytes: Uint8Array; readonly refusal?: StoreError } {
    const { limit } = this.#options;
    try {
      const keyBytes = encodeKey(key);
      if (body.byteLength <= limit) return { keyBytes };
      const message = `Cannot store ${body.byteLength} bytes under ${key}: the store is limited to ${limit} bytes`;
      return { keyBytes, refusal: new StoreError("too-large", message) };
    } catch (error) {
      if (error instanceof StoreError) return { keyBytes: new Uint8Array(), refusal: error };
      throw error;
    }
  }

  /** Inside a transaction. `again`: room was made, and not enough yet. */
  #writeOne({ key, keyBytes, body, note }: NewBody & { readonly keyBytes: Uint8Array }, collide: Collide): Inserted | "again" {
    const stored = this.#bodies.getBinary(keyBytes);
    if (stored !== undefined) {
      const verdict = collide(stored, body);
      this.#recency.set(key, this.#nextStamp());
      if (verdict !== "replace") return verdict;
      this.#remove(keyBytes);
    }
    const target = this.#options.limit - body.byteLength;
    const moved = this.#evict(target);
    if (moved > 0 && this.#bytes() > target) return "again";
    this.#add(keyBytes, body, note);
    return "inserted";
  }

  /** Inside a transaction. Gives how many left their place in the order for good; 0 where only pinned ones are left. */
  #evict(target: number): number {
    const start = this.#nextStamp();
    let moved = 0;
    for (let steps = 0; steps < stepsPerTransaction && this.#bytes() > target; steps++) {
      const passed = this.#passOldest(start);
      if (passed === "none") break;
      if (passed !== "pinned") moved++;
    }
    return moved;
  }

  /** Inside a transaction. Removes the body used least recently, if that was before `end`; one that is pinned or was used since takes its new place. */
  #passOldest(end: number): "none" | "pinned" | "moved" | "removed" {
    const [oldest] = this.#order.getRange({ limit: 1 });
    if (oldest === undefined) return "none";
    const stamp = readNumber(oldest.key as Uint8Array, 0);
    if (stamp >= end) return "none";
    const key = decodeKey(oldest.value);
    if (this.#options.isPinned(key)) {
      this.#move(oldest.value, this.#nextStamp());
      return "pinned";
    }
    const used = this.#recency.get(key);
    if (used !== undefined && used > stamp) {
      this.#move(oldest.value, used);
      return "moved";
    }
    this.#remove(oldest.value);
    return "removed";
  }

  /** Until `pass` finds none, in transactions of bounded length; gives how many went. */
  async #removeWhile(pass: () => "none" | "pinned" | "moved" | "removed"): Promise<number> {
    let removed = 0;
    for (let isOver = false; !isOver; await turn()) {
      await this.#environment.transact(() => {
        for (let steps = 0; steps < stepsPerTransaction && !isOver; steps++) {
          const passed = pass();
          isOver = passed === "none";
          if (passed === "removed") removed++;
        }
      });
    }
    return removed;
  }

  /** Gives those of the keys that are there. */
  async #renew(keys: readonly string[]): Promise<readonly string[]> {
    const found: string[] = [];
    const overdue: { readonly key: Uint8Array; readonly stamp: number }[] = [];
    for (const key of keys) {
      const keyBytes = encodeKey(key);
      const use = this.#environment.read(() => this.#uses.getBinary(keyBytes));
      if (use === undefined) continue;
      const stamp = this.#nextStamp();
      found.push(key);
      this.#recency.set(key, stamp);
      if (stamp - readNumber(use, 8) >= writtenAfter) overdue.push({ key: keyBytes, stamp });
    }
    const moveAll = () => {
      for (const { key, stamp } of overdue) this.#move(key, stamp);
    };
    if (overdue.length > 0) await this.#environment.transact(moveAll).catch(this.#options.onUnwritten);
    return found;
  }

  #add(keyBytes: Uint8Array, body: Uint8Array, note: unknown): void {
    const stamp = this.#nextStamp();
    const use = writeNumbers(body.byteLength, stamp);
    this.#bodies.put(keyBytes, body);
    this.#uses.put(keyBytes, note === undefined ? use : Buffer.concat([use, encodeJson(note)]));
    this.#order.put(writeNumbers(stamp), keyBytes);
    this.#addBytes(body.byteLength);
  }

  #move(keyBytes: Uint8Array, stamp: number): void {
    const use = this.#uses.getBinary(keyBytes);
    if (use === undefined) return;
    this.#order.remove(writeNumbers(readNumber(use, 8)));
    this.#uses.put(keyBytes, Buffer.concat([writeNumbers(readNumber(use, 0), stamp), use.subarray(useBytes)]));
    this.#order.put(writeNumbers(stamp), keyBytes);
  }

  /** False where it is not there. */
  #remove(keyBytes: Uint8Array): boolean {
    const use = this.#uses.getBinary(keyBytes);
    if (use === undefined) return false;
    this.#bodies.remove(keyBytes);
    this.#uses.remove(keyBytes);
    this.#order.remove(writeNumbers(readNumber(use, 8)));
    this.#addBytes(-readNumber(use, 0));
    this.#recency.delete(decodeKey(keyBytes));
    return true;
  }

  #bytes(): number {
    const total = this.#totals.getBinary(this.#options.name);
    return total === undefined ? 0 : readNumber(total, 0);
  }

  #addBytes(bytes: number): void {
    this.#totals.put(this.#options.name, writeNumbers(this.#bytes() + bytes));
  }

  #nextStamp(): number {
    this.#lastStamp = Math.max(this.#lastStamp + 1, this.#options.now() * 1000);
    return this.#lastStamp;
  }
}

type Collide = (stored: Uint8Array, body: Uint8Array) => Inserted | "replace";

const firstStays: Collide = (stored, body) => (isSame(stored, body) ? "same" : "different");
const lastStays: Collide = (stored, body) => (isSame(stored, body) ? "same" : "replace");

/** Bytes of size and stamp. */
const useBytes = 16;

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** LMDB's binding may give a view on a larger buffer; the caller gets one that is all theirs, starting at 0. */
function ownMemory(bytes: Uint8Array): Bytes {
  const isWhole = bytes.byteOffset === 0 && bytes.buffer.byteLength === bytes.byteLength && bytes.buffer instanceof ArrayBuffer;
  return isWhole ? new Uint8Array(bytes.buffer) : new Uint8Array(bytes);
}

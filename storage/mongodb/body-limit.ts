/**
 * Keeps the bodies within a limit of bytes: before new ones are stored, those used least recently are removed, unless this process pinned them.
 *
 * The sum is kept in memory and counted anew now and then, since other processes write and the server lets documents expire. So the limit is exact for
 * a single process; several may exceed it by what they write between two counts.
 */
import type { StoreUsage } from "../store.ts";
import type { BodyTable, Head } from "./body-table.ts";
import type { Connection } from "./connection.ts";
import { isPassing } from "./explain-error.ts";

export interface BodyLimitOptions {
  /** In bytes. */
  readonly limit: number;
  /** The present, in milliseconds since the epoch. */
  readonly now: () => number;
  readonly isPinned: (key: string) => boolean;
}

/** The milliseconds after which bodies are counted anew. */
const countEvery = 600_000;
const headsPerStep = 64;

export class BodyLimit {
  readonly #connection: Connection;
  readonly #options: BodyLimitOptions;
  readonly #tables: BodyTable[] = [];
  #counted = Number.NEGATIVE_INFINITY;
  #bodies = 0;
  #bytes = 0;
  /** A queue, so that one caller at a time counts or makes room. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(connection: Connection, options: BodyLimitOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** The limit in bytes. */
  get bytes(): number {
    return this.#options.limit;
  }

  /** Puts the bodies of this table under the limit, together with those of the other tables. */
  include(table: BodyTable): void {
    this.#tables.push(table);
  }

  /** Makes room for bodies of these sizes and adds them to the sum. Together they must not exceed the limit. */
  async reserve(sizes: readonly number[]): Promise<void> {
    const { limit } = this.#options;
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    await this.#inTurn(async () => {
      await this.#count();
      if (this.#bytes + bytes > limit) await this.#makeRoom(limit - bytes);
      this.#bytes += bytes;
      this.#bodies += sizes.length;
    });
  }

  /** Subtracts bodies that are gone or were not stored. The sum may then be too small, as another process may have stored some after the last count. */
  release(gone: readonly Pick<Head, "size">[]): void {
    this.#bodies = Math.max(0, this.#bodies - gone.length);
    this.#bytes = Math.max(0, this.#bytes - gone.reduce((sum, { size }) => sum + size, 0));
  }

  /** Tells that the sum is no longer known; it is counted before its next use. */
  recount(): void {
    this.#counted = Number.NEGATIVE_INFINITY;
  }

  async usage(): Promise<StoreUsage> {
    await this.#inTurn(() => this.#count());
    return { bodies: this.#bodies, bytes: this.#bytes, limit: this.#options.limit };
  }

  #inTurn(action: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(action);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** Counts from the index on `used`, `size` and `_id`, without reading documents. */
  async #count(): Promise<void> {
    const now = this.#options.now();
    if (now - this.#counted < countEvery) return;
    const sums = { _id: null, bytes: { $sum: "$size" }, bodies: { $sum: 1 } };
    const counts = await Promise.all(
      this.#tables.map(({ collection }) => {
        const count = (options: { readonly hint?: string }) =>
          collection.aggregate<{ readonly bytes: number; readonly bodies: number }>([{ $group: sums }], options).toArray();
        return this.#connection.read("count bodies", () =>
          count({ hint: "used" }).catch((error: unknown) => {
            if (isPassing(error)) throw error;
            // Without the index, which somebody may have dropped, it is slower but right.
            return count({});
          }),
        );
      }),
    );
    this.#bodies = counts.flat().reduce((sum, { bodies }) => sum + bodies, 0);
    this.#bytes = counts.flat().reduce((sum, { bytes }) => sum + bytes, 0);
    this.#counted = now;
  }

  async #makeRoom(target: number): Promise<void> {
    const { isPinned, now } = this.#options;
    const tables = this.#tables;
    const start = new Date(now());
    const spared = new Set<string>();
    while (this.#bytes > target) {
      await Promise.all(tables.map((table) => table.settled()));
      const oldest = await Promise.all(tables.map((table) => table.oldest(start, headsPerStep)));
      const heads = tables.flatMap((table, index) => oldest[index]!.map((head) => ({ table, head })));
      // Of the heads of all collections, only the first `headsPerStep` are certainly the oldest.
      heads.sort((a, b) => a.head.used.getTime() - b.head.used.getTime());
      const step = heads.slice(0, headsPerStep);
      if (step.length === 0) return;
      const leaving = new Map<BodyTable, Head[]>();
      let left = this.#bytes;
      for (const { table, head } of step) {
        if (left <= target) break;
        if (isPinned(head._id)) {
          // Renewed, so that it is not met again. If it is met again, renewing failed, and this ends.
          if (spared.has(head._id)) return;
          spared.add(head._id);
          table.touch(head);
        } else {
          leaving.set(table, [...(leaving.get(table) ?? []), head]);
          left -= head.size;
        }
      }
      for (const [table, heads] of leaving) this.release(await table.evict(heads));
    }
  }
}

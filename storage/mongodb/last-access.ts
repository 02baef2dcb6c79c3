/**
 * Keeps when documents were last used. That is written at most once per `interval` for each, in the background, many at a time; a write that fails loses
 * nothing but the time. `expires` is when a document may go: a TTL index removes it where the server has such an index, else `remove-expired.ts`.
 */
import type { Collection, UpdateFilter } from "mongodb";
import type { Connection, Keyed } from "./connection.ts";

export interface Used extends Keyed {
  readonly used: Date;
  readonly expires?: Date;
}

export interface AccessTimes {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds from last use to removal; never where absent. */
  readonly keep?: number;
}

const hour = 3_600_000;
const keysPerWrite = 1000;

/** Milliseconds that a last use may be older than written: an hour, or a quarter of a shorter retention. */
export function writeInterval({ keep = Number.POSITIVE_INFINITY }: AccessTimes): number {
  return Math.min(hour, keep / 4);
}

export class LastAccess {
  readonly #connection: Connection;
  readonly #collection: Collection<Used>;
  readonly #times: AccessTimes;
  readonly #overdue = new Set<string>();
  #writing: Promise<void> | undefined;

  constructor(connection: Connection, collection: Collection<Used>, times: AccessTimes) {
    this.#connection = connection;
    this.#collection = collection;
    this.#times = times;
  }

  /** The fields of a document that is used now. */
  stamp(): { readonly used: Date; readonly expires?: Date } {
    const { now, keep } = this.#times;
    const time = now();
    return { used: new Date(time), ...(keep === undefined ? {} : { expires: new Date(time + keep) }) };
  }

  /** Tells whether a use now is to be written, given when the last one that was written took place. */
  isOverdue(before: Date): boolean {
    return this.#times.now() - before.getTime() >= writeInterval(this.#times);
  }

  /** A document was used; `before` is when it was last, as written. */
  note(key: string, before?: Date): void {
    if (before && !this.isOverdue(before)) return;
    this.#overdue.add(key);
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when all that was noted is written, or could not be. */
  async settled(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async #writeAll(): Promise<void> {
    // Uses that are noted in the same turn of the event loop are written together.
    await Promise.resolve();
    while (this.#overdue.size > 0) {
      const keys = [...this.#overdue].slice(0, keysPerWrite);
      for (const key of keys) this.#overdue.delete(key);
      const stamp = this.stamp();
      const filter = { _id: { $in: keys }, used: { $lt: stamp.used } };
      const update: UpdateFilter<Used> = { $set: stamp };
      await this.#connection
        .write("write times of last use", () => this.#collection.updateMany(filter, update))
        .catch((error: unknown) => this.#connection.log.warn({ err: error }, "times of last use could not be written"));
    }
    this.#writing = undefined;
  }
}

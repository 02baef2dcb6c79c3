/**
 * Records when documents were last used. For each document this is written at most once per `writeInterval`, in the background, many at a time; a failed
 * write only loses the time. `expires` is when a document may be removed: by a TTL index if the server has them, else by `remove-expired.ts`.
 */
import type { Collection, UpdateFilter } from "mongodb";
import type { Connection, Keyed } from "./connection.ts";

export interface Used extends Keyed {
  readonly used: Date;
  readonly expires?: Date;
}

export interface AccessTimes {
  /** The present, in milliseconds since the epoch. */
  readonly now: () => number;
  /** The milliseconds from the last use to removal; never if absent. */
  readonly keep?: number;
}

const hour = 3_600_000;
const keysPerWrite = 1000;

/** The milliseconds by which a written last use may be too old: an hour, or a quarter of `keep` if that is shorter. */
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

  /** Whether a use now must be written, if the last written use was at `before`. */
  isOverdue(before: Date): boolean {
    return this.#times.now() - before.getTime() >= writeInterval(this.#times);
  }

  /** Notes that a document is used; `before` is its last written use. */
  note(key: string, before?: Date): void {
    if (before && !this.isOverdue(before)) return;
    this.#overdue.add(key);
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when all noted uses are written or have failed. */
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

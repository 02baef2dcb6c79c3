/** A table of bodies under a limit of bytes that several tables share (`body-limit.ts`). */
import type { Inserted } from "../store.ts";
import { refuseTooLarge, type StoreError } from "../store-error.ts";
import type { Entry } from "../table.ts";
import type { BodyLimit } from "./body-limit.ts";
import { BodyTable } from "./body-table.ts";
import type { Connection } from "./connection.ts";
import type { AccessTimes } from "./last-access.ts";

/** The most bodies, and the most bytes, that are reserved and sent together. */
const bodiesAtOnce = 500;
const bytesAtOnce = 12 * 2 ** 20;

export class LimitedTable extends BodyTable {
  readonly #limit: BodyLimit;

  constructor(
    connection: Connection,
    { name, times, limit }: { readonly name: string; readonly times: AccessTimes; readonly limit: BodyLimit },
  ) {
    super(connection, { name, times, onLost: () => limit.recount() });
    this.#limit = limit;
    limit.include(this);
  }

  /** Stores bodies, a bounded number of bytes at a time. A body larger than the limit gets a `StoreError`. */
  override async insert(entries: readonly Entry[]): Promise<readonly (Inserted | StoreError)[]> {
    const outcomes: (Inserted | StoreError)[] = [];
    let group: number[] = [];
    let bytes = 0;
    const insertGroup = async () => {
      const inserted = await this.#insertGroup(group.map((index) => entries[index]!));
      for (const [place, index] of group.entries()) outcomes[index] = inserted[place]!;
      group = [];
      bytes = 0;
    };
    for (const [index, { key, body }] of entries.entries()) {
      const refusal = refuseTooLarge(key, body.length, this.#limit.bytes);
      if (refusal) {
        outcomes[index] = refusal;
        continue;
      }
      const isFull = group.length === bodiesAtOnce || bytes + body.length > Math.min(bytesAtOnce, this.#limit.bytes);
      if (group.length > 0 && isFull) await insertGroup();
      group.push(index);
      bytes += body.length;
    }
    if (group.length > 0) await insertGroup();
    return outcomes;
  }

  override async drop(keys: readonly string[]): Promise<number> {
    const gone = await this.remove(keys);
    this.#limit.release(gone);
    return gone.length;
  }

  async #insertGroup(group: readonly Entry[]): Promise<readonly (Inserted | StoreError)[]> {
    await this.#limit.reserve(group.map(({ body }) => body.length));
    try {
      const outcomes = await super.insert(group);
      this.#limit.release(group.flatMap(({ body }, index) => (outcomes[index] === "inserted" ? [] : { size: body.length })));
      return outcomes;
    } catch (error) {
      // Some may have been stored.
      this.#limit.recount();
      throw error;
    }
  }
}

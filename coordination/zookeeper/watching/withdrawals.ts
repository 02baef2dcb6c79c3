/**
 * Which subtasks were withdrawn, of those whose withdrawal is still on record; kept over sessions. Records go after a minute: ZooKeeper's count of what
 * was ever created in their folder says whether one came and went unseen. Of what vanished by then nobody can say whether it was done or withdrawn.
 */
import type { Content } from "../protocol/session.ts";
import { parseHashes } from "../znodes/encoding.ts";
import type { ZooKeeper } from "../zookeeper.ts";

interface Withdrawal {
  readonly hashes: ReadonlySet<string>;
  /** The change that it was: eight bytes that grow from change to change. */
  readonly change: Buffer;
}

const noChange = Buffer.alloc(8);

export class Withdrawals {
  readonly #withdrawals = new Map<string, Withdrawal>();
  /** How many records had been made at the last look. */
  #made: number | undefined;
  /** The last change by which records may have been missed. */
  #missed: Buffer = noChange;
  /** The last change of a shard that was seen. */
  readonly #seen = new Map<number, Buffer>();
  #reading: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  /** A watch says so before any answer shows what the withdrawal removed. */
  #isStale = true;

  /** What became of a subtask that was there at a change, and is not any more; undefined where that cannot be known. */
  whatBecame(hash: string, change: Buffer): "withdrawn" | "done" | undefined {
    for (const withdrawal of this.#withdrawals.values()) {
      if (withdrawal.hashes.has(hash) && withdrawal.change.compare(change) > 0) return "withdrawn";
    }
    return this.#missed.compare(change) > 0 ? undefined : "done";
  }

  lastSeen(shard: number): Buffer {
    return this.#seen.get(shard) ?? noChange;
  }

  saw(shard: number, change: Buffer): void {
    this.#seen.set(shard, change);
  }

  /** Resolves when everything is known that was on record at the call. */
  read(zookeeper: ZooKeeper): Promise<void> {
    if (!this.#isStale && this.#reading === undefined) return Promise.resolve();
    if (this.#reading === undefined) {
      this.#reading = this.#readNew(zookeeper).finally(() => {
        this.#reading = undefined;
      });
      return this.#reading;
    }
    this.#next ??= this.#reading
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.read(zookeeper);
      });
    return this.#next;
  }

  async #readNew({ session, layout }: ZooKeeper): Promise<void> {
    this.#isStale = false;
    try {
      const listing = await session.list(layout.withdrawn, this.#onChange);
      if (listing === undefined) return;
      const names = new Set(listing.children);
      for (const name of this.#withdrawals.keys()) if (!names.has(name)) this.#withdrawals.delete(name);
      const unread = listing.children.filter((name) => !this.#withdrawals.has(name));
      const contents = await Promise.all(unread.map((name) => session.get(`${layout.withdrawn}/${name}`)));
      const read = contents.filter((content) => content !== undefined);
      for (const [index, content] of contents.entries()) if (content) this.#keep(unread[index]!, content);
      // ZooKeeper counts creations and removals together.
      const made = (listing.stat.cversion + listing.children.length) / 2;
      if (this.#made !== undefined && made - this.#made > read.length) this.#missed = listing.stat.pzxid;
      this.#made = made;
    } catch (error) {
      this.#isStale = true;
      throw error;
    }
  }

  #keep(name: string, { data, stat }: Content): void {
    this.#withdrawals.set(name, { hashes: new Set(parseHashes(data)), change: stat.czxid });
  }

  readonly #onChange = () => this.forget();

  /** After a connection was lost and found, or another session began, the watch may have missed something. */
  forget(): void {
    this.#isStale = true;
  }
}

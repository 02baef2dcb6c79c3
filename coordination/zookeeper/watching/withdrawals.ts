/**
 * Knows which subtasks were withdrawn, as long as their withdrawals are on record, and also across sessions. Records are removed after a minute. ZooKeeper
 * counts the znodes ever created in their folder, which tells whether a record came and went unseen; of subtasks that vanished before that, nobody can say
 * whether they were done or withdrawn.
 */
import type { Content } from "../protocol/session.ts";
import { parseHashes } from "../znodes/encoding.ts";
import type { ZooKeeper } from "../zookeeper.ts";

interface Withdrawal {
  readonly hashes: ReadonlySet<string>;
  /** The number of the change, as eight bytes; it grows from change to change. */
  readonly change: Buffer;
}

const noChange = Buffer.alloc(8);

export class Withdrawals {
  readonly #withdrawals = new Map<string, Withdrawal>();
  /** The number of records that had been created at the last look. */
  #made: number | undefined;
  /** The last change at which records may have been missed. */
  #missed: Buffer = noChange;
  /** The last change that was seen of each shard. */
  readonly #seen = new Map<number, Buffer>();
  #reading: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  /** Whether there may be unread records. The watch reports a withdrawal before any answer shows what it removed. */
  #isStale = true;

  /** Tells what became of a subtask that existed at a change and does not any more; undefined if that cannot be known. */
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

  /** Resolves when everything that was on record at the call is known. */
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
      // `cversion` counts creations and removals together.
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

  /** Must be called after the connection was lost and restored, and for a new session, since the watch may have missed something. */
  forget(): void {
    this.#isStale = true;
  }
}

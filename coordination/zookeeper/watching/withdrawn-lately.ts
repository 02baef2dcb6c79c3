/** Which subtasks were withdrawn, of those whose withdrawal is still on record. */

import { parseHashes } from "../znodes/encoding.ts";
import type { ZooKeeper } from "../zookeeper.ts";

interface Withdrawal {
  readonly hashes: ReadonlySet<string>;
  /** The change that it was, eight bytes that grow. */
  readonly change: Buffer;
}

export class WithdrawnLately {
  readonly #zookeeper: ZooKeeper;
  readonly #withdrawals = new Map<string, Withdrawal>();
  #reading: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  /** A watch says so before any answer shows what the withdrawal removed. */
  #isStale = true;

  constructor(zookeeper: ZooKeeper) {
    this.#zookeeper = zookeeper;
  }

  /** Whether it was withdrawn after a change. */
  has(hash: string, change: Buffer): boolean {
    for (const withdrawal of this.#withdrawals.values()) {
      if (withdrawal.hashes.has(hash) && withdrawal.change.compare(change) > 0) return true;
    }
    return false;
  }

  /** Resolves when everything is known that was on record at the call. */
  read(): Promise<void> {
    if (!this.#isStale && this.#reading === undefined) return Promise.resolve();
    if (this.#reading === undefined) {
      this.#reading = this.#readNew().finally(() => {
        this.#reading = undefined;
      });
      return this.#reading;
    }
    this.#next ??= this.#reading
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.read();
      });
    return this.#next;
  }

  async #readNew(): Promise<void> {
    const { session, layout } = this.#zookeeper;
    this.#isStale = false;
    const names = new Set(await this.#list(session, layout.withdrawn));
    for (const name of this.#withdrawals.keys()) if (!names.has(name)) this.#withdrawals.delete(name);
    const unread = [...names].filter((name) => !this.#withdrawals.has(name));
    const contents = await Promise.all(unread.map((name) => session.get(`${layout.withdrawn}/${name}`)));
    for (const [index, content] of contents.entries()) {
      if (content) this.#withdrawals.set(unread[index]!, { hashes: new Set(parseHashes(content.data)), change: content.stat.czxid });
    }
  }
  async #list(session: ZooKeeper["session"], path: string): Promise<readonly string[]> {
    try {
      return (await session.list(path, this.#onChange))?.children ?? [];
    } catch (error) {
      this.#isStale = true;
      throw error;
    }
  }

  /** After a connection was lost and found the watch may have missed something. */
  readonly #onChange = () => {
    this.#isStale = true;
  };

  forget(): void {
    this.#isStale = true;
  }
}

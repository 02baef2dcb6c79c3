/** Finds which subtasks of a request exist already. It reads a few one by one, but many by the lists of their shards. */

import { parseSubtaskBody } from "../znodes/encoding.ts";
import { subtaskPath } from "../znodes/layout.ts";
import { listSubtasks } from "../znodes/list-subtasks.ts";
import type { ZooKeeper } from "../zookeeper.ts";

export interface Existing {
  readonly version: number;
  /** Its name below `failed` if it has failed. */
  readonly failed?: string;
}

const mostSingly = 100;

export class ExistingSubtasks {
  readonly #zookeeper: ZooKeeper;
  readonly #found = new Map<string, Existing>();

  constructor(zookeeper: ZooKeeper) {
    this.#zookeeper = zookeeper;
  }

  find(hash: string): Existing | undefined {
    return this.#found.get(hash);
  }

  isAlive(hash: string): boolean {
    const existing = this.#found.get(hash);
    return existing !== undefined && existing.failed === undefined;
  }

  /** Reads the subtasks. Until the answers arrive, what was known before remains, since other parts of the request may use it meanwhile. */
  async read(subtasks: readonly { readonly hash: string }[], { singly = false } = {}): Promise<void> {
    const hashes = subtasks.map(({ hash }) => hash);
    const left = !singly && hashes.length > mostSingly ? await this.#list(hashes) : hashes;
    await Promise.all(left.map((hash) => this.#readOne(hash)));
  }

  /** Looks the subtasks up in lists; returns the failed ones, which have to be read singly. */
  async #list(hashes: readonly string[]): Promise<readonly string[]> {
    const { has, failed } = await listSubtasks(this.#zookeeper, hashes);
    for (const hash of hashes) {
      if (!has(hash)) this.#found.delete(hash);
      else if (!failed.has(hash)) this.#found.set(hash, { version: -1 });
    }
    return hashes.filter((hash) => has(hash) && failed.has(hash));
  }

  async #readOne(hash: string): Promise<void> {
    const content = await this.#zookeeper.session.get(subtaskPath(this.#zookeeper.layout, hash));
    if (content === undefined) {
      this.#found.delete(hash);
      return;
    }
    const { failed } = parseSubtaskBody(content.data);
    this.#found.set(hash, { version: content.stat.version, ...(failed !== undefined && { failed }) });
  }
}

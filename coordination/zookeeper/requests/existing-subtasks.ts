/** Which of the subtasks of a request are there already. Reads a few one by one, many by their shards' lists. */

import { parseSubtaskBody } from "../znodes/encoding.ts";
import { failedHash, shardOf, subtaskPath } from "../znodes/layout.ts";
import type { ZooKeeper } from "../zookeeper.ts";

export interface Existing {
  readonly version: number;
  /** Its name under `failed`, where it has failed. */
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

  /** What was known of them holds until the answer is there: others may ask for it meanwhile. */
  async read(subtasks: readonly { readonly hash: string }[], { singly = false } = {}): Promise<void> {
    const hashes = subtasks.map(({ hash }) => hash);
    const present = !singly && hashes.length > mostSingly ? await this.#list(hashes) : { singly: hashes };
    await Promise.all(present.singly.map((hash) => this.#readOne(hash)));
  }

  /** Those that failed are left to be read singly. */
  async #list(hashes: readonly string[]): Promise<{ readonly singly: readonly string[] }> {
    const { session, layout } = this.#zookeeper;
    const shards = [...new Set(hashes.map(shardOf))];
    const [failed, ...lists] = await Promise.all(
      [layout.failed, ...shards.map((shard) => layout.shards[shard]!)].map((path) => session.list(path)),
    );
    const failedHashes = new Set(failed?.children.map(failedHash));
    const names = new Map(shards.map((shard, index) => [shard, new Set(lists[index]?.children)]));
    const singly: string[] = [];
    for (const hash of hashes) {
      if (!names.get(shardOf(hash))!.has(hash)) this.#found.delete(hash);
      else if (failedHashes.has(hash)) singly.push(hash);
      else this.#found.set(hash, { version: -1 });
    }
    return { singly };
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

/** Subtasks by hash, in the shards of the layout. */
import { shardCount, shardOf } from "../znodes/layout.ts";
import type { SubtaskEntry } from "./entries.ts";

export class EntriesByShard {
  readonly #shards: readonly Map<string, SubtaskEntry>[] = Array.from({ length: shardCount }, () => new Map());
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(hash: string): SubtaskEntry | undefined {
    return this.#shards[shardOf(hash)]!.get(hash);
  }

  /** Returns those of the subtasks that are known. */
  find(hashes: readonly string[]): readonly SubtaskEntry[] {
    return hashes.flatMap((hash) => this.get(hash) ?? []);
  }

  inShard(shard: number): readonly SubtaskEntry[] {
    return [...this.#shards[shard]!.values()];
  }

  /** Adds an entry, which must not be there. */
  add(entry: SubtaskEntry): void {
    this.#shards[shardOf(entry.hash)]!.set(entry.hash, entry);
    this.#size++;
  }

  remove({ hash }: SubtaskEntry): void {
    if (this.#shards[shardOf(hash)]!.delete(hash)) this.#size--;
  }
}

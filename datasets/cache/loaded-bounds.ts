/**
 * Remembers the bounds of columns that were loaded once, by partition, for longer than the columns stay in memory. The number of columns is limited: the
 * partitions that were asked for least recently are forgotten first. A fingerprint names a file's version, so nothing here becomes wrong.
 *
 * If a file does not tell the bounds that a filter needs, the store is asked (`stored-bounds.ts`), and what is found when the partition is loaded is stored.
 */
import { LRUCache } from "lru-cache";
import type { KnownBounds } from "../../engine/skip/bounds.ts";
import type { NumberBounds } from "../../engine/skip/number-bounds.ts";
import type { Catalogue } from "../dataset.ts";
import type { StoredBounds } from "./stored-bounds.ts";

/** Some 20 MB. */
const mostColumns = 100_000;

export class LoadedBounds {
  readonly #partitions = new LRUCache<string, ReadonlyMap<string, NumberBounds>>({
    maxSize: mostColumns,
    sizeCalculation: (columns) => Math.max(1, columns.size),
  });
  /** The columns of partitions for which the store was asked, since their files do not tell their bounds. */
  readonly #untold = new LRUCache<string, Set<string>>({ max: mostColumns });
  readonly #stored: StoredBounds | undefined;

  /** `stored`: where bounds that files do not tell are kept for other processes and for after a restart; absent if they are not. */
  constructor(stored?: StoredBounds) {
    this.#stored = stored;
  }

  /** The number of columns of partitions with known bounds. */
  get size(): number {
    return this.#partitions.calculatedSize;
  }

  note(fingerprint: string, column: string, bounds: NumberBounds): void {
    if (this.#partitions.peek(fingerprint)?.has(column)) return;
    this.#keep(fingerprint, [[column, bounds]]);
    if (this.#untold.peek(fingerprint)) this.#stored?.note(fingerprint, column, bounds);
  }

  /** Learns what is stored of these columns, whose bounds the file does not tell. From now on, what is noted of the partition is stored. */
  async recall(fingerprint: string, columns: readonly string[]): Promise<void> {
    if (!this.#stored || columns.length === 0) return;
    const asked = this.#untold.get(fingerprint) ?? new Set();
    this.#untold.set(fingerprint, asked);
    const rest = columns.filter((column) => !asked.has(column));
    if (rest.length === 0) return;
    for (const column of rest) asked.add(column);
    this.#keep(fingerprint, [...(await this.#stored.recall(fingerprint, rest))]);
  }

  #keep(fingerprint: string, bounds: readonly (readonly [column: string, bounds: NumberBounds])[]): void {
    if (bounds.length > 0) this.#partitions.set(fingerprint, new Map([...(this.#partitions.peek(fingerprint) ?? []), ...bounds]));
  }

  of(fingerprint: string): ReadonlyMap<string, NumberBounds> | undefined {
    return this.#partitions.get(fingerprint);
  }
}

/** The catalogue, which knows of columns that were loaded what their values told, and of others what files tell. */
export function knowLoadedBounds<Known extends Catalogue>(catalogue: Known, loaded: LoadedBounds): Known {
  return {
    ...catalogue,
    async bounds(dataset, partition, columns): Promise<KnownBounds> {
      const known = loaded.of(partition.fingerprint);
      const rest = known ? columns.filter((name) => !known.has(name)) : columns;
      if (rest.length === 0) return { column: (name) => known?.get(name) };
      const told = await catalogue.bounds(dataset, partition, rest);
      const untold = rest.filter((name) => told.column(name) === undefined);
      await loaded.recall(partition.fingerprint, untold);
      const all = loaded.of(partition.fingerprint);
      return { ...told, column: (name) => all?.get(name) ?? told.column(name) };
    },
  };
}

/**
 * What is known of columns that were loaded once: their bounds, by partition, for longer than they stay in memory. Of so many columns at most, the
 * partitions first to go that were asked for least recently. A fingerprint names a file's version, so nothing here becomes wrong.
 */
import { LRUCache } from "lru-cache";
import type { KnownBounds } from "../../engine/skip/bounds.ts";
import type { NumberBounds } from "../../engine/skip/number-bounds.ts";
import type { Catalogue } from "../dataset.ts";

/** Some 20 MB. */
const mostColumns = 100_000;

export class LoadedBounds {
  readonly #partitions = new LRUCache<string, ReadonlyMap<string, NumberBounds>>({
    maxSize: mostColumns,
    sizeCalculation: (columns) => Math.max(1, columns.size),
  });

  /** The number of columns of partitions with known bounds. */
  get size(): number {
    return this.#partitions.calculatedSize;
  }

  note(fingerprint: string, column: string, bounds: NumberBounds): void {
    const known = this.#partitions.peek(fingerprint);
    if (known?.has(column)) return;
    this.#partitions.set(fingerprint, new Map([...(known ?? []), [column, bounds]]));
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
      return { ...told, column: (name) => known?.get(name) ?? told.column(name) };
    },
  };
}

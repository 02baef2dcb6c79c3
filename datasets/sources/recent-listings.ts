/**
 * What hosts said of files and folders lately, by pattern or URL: each look is a request. An answer holds for some seconds, and longer where it took long to be found, so
 * that looking takes a small part of the time. Who asks while it is being found gets the same answer; a failure is not kept.
 */
import { LRUCache } from "lru-cache";
import type { FoundFile } from "./source.ts";

/** Milliseconds for which an answer holds at least. */
const holds = 5_000;
/** An answer holds this many times as long as it took to be found. */
const holdsTimes = 20;

interface Known {
  readonly found: Promise<readonly FoundFile[]>;
  until: number;
}

export class RecentListings {
  readonly #known: LRUCache<string, Known>;

  constructor(most: number) {
    this.#known = new LRUCache({ max: most });
  }

  async get(key: string, find: () => Promise<readonly FoundFile[]>): Promise<readonly FoundFile[]> {
    const begun = performance.now();
    const before = this.#known.get(key);
    if (before && begun < before.until) return await before.found;
    const entry = { found: find(), until: Number.POSITIVE_INFINITY };
    this.#known.set(key, entry);
    try {
      const found = await entry.found;
      entry.until = performance.now() + Math.max(holds, holdsTimes * (performance.now() - begun));
      return found;
    } catch (error) {
      if (this.#known.get(key) === entry) this.#known.delete(key);
      throw error;
    }
  }

  /** What was found may be otherwise now. */
  clear(): void {
    this.#known.clear();
  }
}

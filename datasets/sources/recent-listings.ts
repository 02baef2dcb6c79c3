/**
 * Caches answers of hosts about files and folders, by pattern or URL, because each look is a request. An answer is valid for some seconds, or longer if
 * it took long, so that looking takes a small part of the time. Concurrent callers share one look; failures are not cached.
 */
import { LRUCache } from "lru-cache";
import type { FoundFile } from "./source.ts";

/** The least milliseconds for which an answer is valid. */
const holds = 5_000;
/** An answer is valid at least this many times as long as the look took. */
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

  /** Drops all answers, after a sign that one of them is out of date. */
  clear(): void {
    this.#known.clear();
  }
}

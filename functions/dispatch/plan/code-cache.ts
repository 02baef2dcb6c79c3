/**
 * Keeps the code of recently planned programs by its shape, so that a query that differs from an earlier one only in numbers is not compiled again. Bounded in
 * bytes.
 */
import { LRUCache } from "lru-cache";
import type { CodeCache, KnownCode } from "../../../engine/compile/alike/compile-alike.ts";

const mostBytes = 16_000_000;

export function createCodeCache(): CodeCache {
  return new LRUCache<string, KnownCode>({
    maxSize: mostBytes,
    sizeCalculation: ({ module, places }, shape) => module.length + 50 * places.length + 2 * shape.length,
  });
}

/** The table of storages, which queries, the compiler, partials, merging and UHI walk. The names of storages are written only here. */
import { count } from "./count.ts";
import { mean } from "./mean.ts";
import type { StorageKind } from "./storage-kind.ts";
import { weighted } from "./weighted.ts";
import { weightedMean } from "./weighted-mean.ts";

const names = { count, weighted, mean, weighted_mean: weightedMean };

export type StorageName = keyof typeof names;
export const storages: Readonly<Record<StorageName, StorageKind>> = names;

/** The storage of a histogram that names none. */
export function defaultStorage({
  hasWeight,
  hasSample = false,
}: {
  readonly hasWeight: boolean;
  readonly hasSample?: boolean;
}): StorageName {
  if (hasSample) return hasWeight ? "weighted_mean" : "mean";
  return hasWeight ? "weighted" : "count";
}

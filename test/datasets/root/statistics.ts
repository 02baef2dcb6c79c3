/** The statistics of what uproot reads from the ROOT files of the real data. */
import { readFileSync } from "node:fs";
import { realData } from "../real-data.ts";

export interface ColumnStatistics {
  /** The type as awkward writes it: `float32`, `var * int32`, `10 * float64`. */
  readonly type: string;
  readonly values: number;
  readonly sum: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly nonfinite: number;
}

export interface TreeStatistics {
  readonly kind: string;
  readonly entries: number;
  readonly columns: Readonly<Record<string, ColumnStatistics>>;
}

export const statisticsFile = "root/uproot-statistics.json";

/** Reads the statistics, by file and then by tree. */
export const readStatistics = (): Readonly<Record<string, Readonly<Record<string, TreeStatistics>>>> =>
  JSON.parse(readFileSync(realData(statisticsFile), "utf8"));

/** How many lists a type has around its values, and their type. */
export function partsOfType(type: string): { readonly lists: number; readonly value: string } {
  const parts = type.split(" * ");
  return { lists: parts.length - 1, value: parts.at(-1)! };
}

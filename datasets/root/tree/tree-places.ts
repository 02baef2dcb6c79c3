/** Where the baskets of a tree's branches lie: the arrays of a description, and from them the place of a column of one unit. */
import type { ColumnLocation } from "../../dataset.ts";
import type { FileColumn, FileDescription } from "../../format.ts";
import type { Basket, BasketsPlace, BranchForm, StoredType } from "../baskets/branch.ts";
import { elementCounts } from "./value-bounds.ts";

/** `stored` of a column: plain data. */
export interface StoredBranch {
  readonly kind: "branch";
  /** Position of its branch. */
  readonly branch: number;
  readonly form: BranchForm;
  /** Needed to read it: its baskets may lack the positions of their entries. */
  readonly counter?: { readonly branch: number; readonly type: StoredType };
  /** The branch that tells how long its outermost lists are. */
  readonly countedBy?: number;
}

/** `places` of a description. */
export interface TreePlaces extends Readonly<Record<string, Float64Array>> {
  /** Of branch b, the baskets are [branches[2 * b], branches[2 * b + 2]), its tree is branches[2 * b + 1]. */
  readonly branches: Float64Array;
  /** Of each basket: where it begins in the file; below 0, the position −1 − seek among those that are embedded in the tree. */
  readonly seeks: Float64Array;
  /** With its key, as it is stored. */
  readonly bytes: Float64Array;
  readonly firstEntries: Float64Array;
  /** Four numbers for each embedded basket: start, bytes, offsets (−1 for none), length of its key. */
  readonly embedded: Float64Array;
  /** Of branch b, as ROOT states it: 100 times the number of its codec, and a level; below 0 where that is not known. */
  readonly compressions: Float64Array;
  /** Three numbers for each tree: seek, bytes and length of its object. */
  readonly trees: Float64Array;
}

export function locateBranch(
  { units, nullable, values, places }: FileDescription,
  unit: number,
  { index, stored }: FileColumn,
): Pick<ColumnLocation, "elements" | "place"> {
  const { branch, form, counter } = stored as StoredBranch;
  const { entries } = units[unit];
  const tables = places as TreePlaces;
  const lastEntry = units.at(-1)!.firstEntry + units.at(-1)!.entries;
  const baskets = basketsOf(tables, branch, { ...units[unit], lastEntry });
  const counters = counter && basketsOf(tables, counter.branch, { ...units[unit], lastEntry });
  const tree = tables.branches[2 * branch + 1];
  const [seek, bytes, length] = tables.trees.subarray(3 * tree, 3 * tree + 3);
  const isEmbedded = [...baskets, ...(counters ?? [])].some(({ kind }) => kind === "embedded");
  const place: BasketsPlace = {
    kind: "baskets",
    form,
    baskets,
    ...(counter && counters && { counter: { type: counter.type, baskets: counters } }),
    ...(isEmbedded && { tree: { seek, bytes, length } }),
  };
  return { elements: elementCounts(form, entries, values[unit * nullable.length + index]), place };
}

const codecs = ["zlib", "zlib", "lzma", "zlib", "lz4", "zstd"];

/** For people. Undefined where nobody tells: also in descriptions that were stored before this was. */
export function compressionOf({ places }: FileDescription, { stored }: FileColumn): string | undefined {
  const stated = (places as Partial<TreePlaces>).compressions?.[(stored as StoredBranch).branch] ?? -1;
  if (stated < 0) return undefined;
  return stated % 100 === 0 ? "none" : codecs[Math.floor(stated / 100)];
}

/** Those that have entries of a unit. */
function basketsOf(
  { branches, seeks, bytes, firstEntries, embedded }: TreePlaces,
  branch: number,
  { firstEntry, entries, lastEntry }: { readonly firstEntry: number; readonly entries: number; readonly lastEntry: number },
): readonly Basket[] {
  const [start, end] = [branches[2 * branch], branches[2 * branch + 2]];
  const baskets: Basket[] = [];
  for (let at = lastBefore(firstEntries, { start, end }, firstEntry); at < end && firstEntries[at] < firstEntry + entries; at++) {
    const first = firstEntries[at];
    const range = { firstEntry: first, entries: (at + 1 < end ? firstEntries[at + 1] : lastEntry) - first };
    if (seeks[at] >= 0) {
      baskets.push({ kind: "file", ...range, seek: seeks[at], bytes: bytes[at] });
    } else {
      const row = 4 * (-1 - seeks[at]);
      const [begin, length, offsets, keyBytes] = embedded.subarray(row, row + 4);
      baskets.push({ kind: "embedded", ...range, start: begin, bytes: length, ...(offsets >= 0 && { offsets }), keyBytes });
    }
  }
  return baskets;
}

/** The last basket of [start, end) that begins at or before an entry: a branch's first one begins with entry 0. */
export function lastBefore(
  firstEntries: Float64Array,
  { start, end }: { readonly start: number; readonly end: number },
  entry: number,
): number {
  let [low, high] = [start, end];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (firstEntries[middle] <= entry) low = middle;
    else high = middle;
  }
  return low;
}

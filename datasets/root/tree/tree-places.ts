/** Where the baskets of a tree's branches lie: the tables of a description, and from them the place of a column in one unit. */
import type { ColumnLocation } from "../../dataset.ts";
import type { FileColumn, FileDescription } from "../../format.ts";
import type { Basket, BasketsPlace, BranchForm, StoredType } from "../baskets/branch.ts";
import { elementCounts } from "./value-bounds.ts";

/** A column's `stored` in a description; plain data. */
export interface StoredBranch {
  readonly kind: "branch";
  /** The index of its branch in the tables. */
  readonly branch: number;
  readonly form: BranchForm;
  /** The branch that counts its elements, present if its baskets may lack entry offsets. */
  readonly counter?: { readonly branch: number; readonly type: StoredType };
  /** The branch with the lengths of its outermost lists. */
  readonly countedBy?: number;
}

/** The `places` of a description. */
export interface TreePlaces extends Readonly<Record<string, Float64Array>> {
  /** The baskets of branch b are [branches[2 * b], branches[2 * b + 2]); its tree is branches[2 * b + 1]. */
  readonly branches: Float64Array;
  /** For each basket, the byte of the file at which it begins. Negative for embedded baskets: −1 − seek is then its index in `embedded`. */
  readonly seeks: Float64Array;
  /** For each basket, its stored bytes, including its key. */
  readonly bytes: Float64Array;
  readonly firstEntries: Float64Array;
  /** For each embedded basket four numbers: start, bytes, offsets (−1 for none), length of its key. */
  readonly embedded: Float64Array;
  /** For each branch, ROOT's compression setting: 100 times the codec's number, plus the level. Negative if not known. */
  readonly compressions: Float64Array;
  /** For each tree three numbers: seek, stored bytes and decompressed length of its object. */
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

/** The name of the codec, for people. Undefined if not known, as in descriptions that older versions stored. */
export function compressionOf({ places }: FileDescription, { stored }: FileColumn): string | undefined {
  const stated = (places as Partial<TreePlaces>).compressions?.[(stored as StoredBranch).branch] ?? -1;
  if (stated < 0) return undefined;
  return stated % 100 === 0 ? "none" : codecs[Math.floor(stated / 100)];
}

/** The baskets that have entries of a unit. */
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

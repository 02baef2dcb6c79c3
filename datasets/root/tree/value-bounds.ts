/**
 * Upper bounds of the number of values of a column, from the tree's metadata alone. Exact if each entry has the same number; else from the bytes of its
 * baskets: a basket is decompressed at least as large as stored, and the branch states the decompressed bytes of all its baskets.
 */
import type { BranchForm } from "../baskets/branch.ts";
import { storedBytes } from "./object-layout.ts";

export interface BranchBytes {
  /** The decompressed bytes of all baskets in the file, with keys. Less than `stored` if the writer did not count them. */
  readonly total: number;
  /** Stored bytes, with keys: of all baskets in the file, of the unit's baskets in the file, and of its embedded ones. */
  readonly stored: number;
  readonly unitStored: number;
  readonly unitEmbedded: number;
  /** The number of the unit's baskets in the file. */
  readonly unitBaskets: number;
}

/** The bytes of a stored list length. */
const countBytes = 4;
/** The best compression ratio that is assumed; a basket with a better one is refused when it is read. */
const mostRatio = 2 ** 12;
const leastKeyBytes = 50;
/** The most values, since offsets are 32 bits. */
const mostValues = 2 ** 32 - 2;

/** The most values of a unit with this number of entries. */
export function mostValuesOf(form: BranchForm, entries: number, bytes: BranchBytes): number {
  const fixed = fixedCount(form);
  if (fixed !== undefined) return entries * fixed;
  const inFile = bytes.total >= bytes.stored ? bytes.total - (bytes.stored - bytes.unitStored) : bytes.unitStored * mostRatio;
  const content = Math.max(0, inFile - bytes.unitBaskets * leastKeyBytes) + bytes.unitEmbedded - entries * form.header;
  return Math.min(mostValues, Math.max(0, Math.ceil(content / valueBytes(form))));
}

/** For each level of the column's lists, the most elements of all lists together. `values` is the bound for the innermost level. */
export function elementCounts({ levels, ...form }: BranchForm, entries: number, values: number): number[] {
  const counts: number[] = [];
  let outer: number | undefined = entries;
  for (const [index, level] of levels.entries()) {
    outer = outer !== undefined && level.kind === "fixed" ? outer * level.length : undefined;
    if (outer !== undefined) counts.push(outer);
    else counts.push(Math.min(mostValues, innerBound({ levels: levels.slice(index + 1), ...form }, values)));
  }
  return counts;
}

/** The most elements that together can hold `values` values, if each element has these levels inside. */
function innerBound(form: BranchForm, values: number): number {
  const { levels } = form;
  if (levels.length === 0) return values;
  // The bytes of values may instead be empty counted lists, which take four bytes each.
  const counted = levels.findIndex(({ kind }) => kind === "counted");
  const before = levels.slice(0, counted < 0 ? levels.length : counted);
  const each = before.reduce((product, level) => product * (level.kind === "fixed" ? level.length : 1), 1);
  const lists = counted < 0 ? values : ((values + 1) * valueBytes(form)) / countBytes;
  return Math.ceil(lists / Math.max(1, each));
}

/** The number of values in each entry, if it is fixed. */
function fixedCount({ levels }: BranchForm): number | undefined {
  let count = 1;
  for (const level of levels) {
    if (level.kind !== "fixed") return undefined;
    count *= level.length;
  }
  return count;
}

/** The fewest bytes of one value. */
function valueBytes({ type, range, element, others = [], memberwise }: BranchForm): number {
  const forms = memberwise ? [memberwise] : element ? [element, ...others] : [];
  if (forms.length > 0) return Math.min(...forms.map(({ bytes, dimensions = [] }) => bytes / dimensions.reduce((a, b) => a * b, 1)));
  if (type === "string") return 1;
  if (type === "Float16_t" || type === "Double32_t") return range === undefined || range.lower < range.upper ? 4 : 3;
  return storedBytes(type, "");
}

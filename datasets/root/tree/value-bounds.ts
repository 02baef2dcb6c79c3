/**
 * How many values a column has, at most, from a tree's metadata alone: exactly where each entry has equally many, else from the bytes of its baskets.
 * A basket has at least as many bytes as are stored of it, and all of a branch have as many as the branch states.
 */
import type { BranchForm } from "../baskets/branch.ts";
import { storedBytes } from "./object-layout.ts";

export interface BranchBytes {
  /** Of all that are in the file, decompressed, with keys. Less than is stored where nobody counted. */
  readonly total: number;
  /** As stored, with keys: of all that are in the file, of those of one unit, and of those that are embedded there. */
  readonly stored: number;
  readonly unitStored: number;
  readonly unitEmbedded: number;
  /** How many the unit has in the file. */
  readonly unitBaskets: number;
}

/** What says how long a list is. */
const countBytes = 4;
/** No file of this kind compresses better: what states more is refused when it is read. */
const mostRatio = 2 ** 12;
const leastKeyBytes = 50;
/** Offsets are 32 bits. */
const mostValues = 2 ** 32 - 2;

/** Of a unit with so many entries. */
export function mostValuesOf(form: BranchForm, entries: number, bytes: BranchBytes): number {
  const fixed = fixedCount(form);
  if (fixed !== undefined) return entries * fixed;
  const inFile = bytes.total >= bytes.stored ? bytes.total - (bytes.stored - bytes.unitStored) : bytes.unitStored * mostRatio;
  const content = Math.max(0, inFile - bytes.unitBaskets * leastKeyBytes) + bytes.unitEmbedded - entries * form.header;
  return Math.min(mostValues, Math.max(0, Math.ceil(content / valueBytes(form))));
}

/** For each of the column's lists: how many elements all lists of its level have, at most; `values` are those of the innermost one. */
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

/** How many elements hold so many values, at most, where these levels stand in each. */
function innerBound(form: BranchForm, values: number): number {
  const { levels } = form;
  if (levels.length === 0) return values;
  // A counted list takes four bytes, however few values it has: their bytes may be lists without values.
  const counted = levels.findIndex(({ kind }) => kind === "counted");
  const before = levels.slice(0, counted < 0 ? levels.length : counted);
  const each = before.reduce((product, level) => product * (level.kind === "fixed" ? level.length : 1), 1);
  const lists = counted < 0 ? values : ((values + 1) * valueBytes(form)) / countBytes;
  return Math.ceil(lists / Math.max(1, each));
}

/** Values in each entry, if they are equally many. */
function fixedCount({ levels }: BranchForm): number | undefined {
  let count = 1;
  for (const level of levels) {
    if (level.kind !== "fixed") return undefined;
    count *= level.length;
  }
  return count;
}

/** Of one value, at least. */
function valueBytes({ type, range, element, others = [], memberwise }: BranchForm): number {
  const forms = memberwise ? [memberwise] : element ? [element, ...others] : [];
  if (forms.length > 0) return Math.min(...forms.map(({ bytes, dimensions = [] }) => bytes / dimensions.reduce((a, b) => a * b, 1)));
  if (type === "string") return 1;
  if (type === "Float16_t" || type === "Double32_t") return range === undefined || range.lower < range.upper ? 4 : 3;
  return storedBytes(type, "");
}

/** Decodes the entries of one basket: the frequent forms with kernels, all others entry by entry. */
import { slack } from "../../kernels/kernels.ts";
import type { BasketContent } from "./basket-content.ts";
import type { BranchForm } from "./branch.ts";
import { type BranchTarget, storedBytes } from "./branch-target.ts";
import { walkEntries } from "./walk-entries.ts";

interface Range {
  readonly from: number;
  readonly to: number;
  readonly counts?: Uint32Array;
}

/**
 * Decodes the entries [from, to) of the basket. `counts` is the number of elements of each entry of the basket; it is needed if there are no entry
 * offsets and the outermost list is stored without its length.
 */
export function decodeBasket(content: BasketContent, form: BranchForm, range: Range, target: BranchTarget): void {
  const { levels, header, element, type } = form;
  const isPlain = element === undefined && type !== "string";
  const [outer, ...inner] = levels;
  if (isPlain && header === 0 && levels.every(({ kind }) => kind === "fixed")) decodeFixed(content, form, range, target);
  else if (isPlain && header === 0 && outer?.kind === "rest" && inner.every(({ kind }) => kind === "fixed"))
    decodeRests(content, form, range, target);
  else if (
    isPlain &&
    header === 6 &&
    outer?.kind === "counted" &&
    inner.length === 0 &&
    content.offsets !== undefined &&
    storedBytes(form) !== 3
  )
    decodeVectors(content, form, range, target);
  else {
    const isKnown = content.offsets !== undefined || range.counts !== undefined;
    const starts = isKnown ? startsOf(content, 1, range, { countedUnit: unitOf(form) }).view : undefined;
    walkEntries(content, form, { ...range, ...(starts && { starts, free: behind(content, starts) }) }, target);
  }
}

/** The bytes of one element of the outermost list. */
const unitOf = (form: BranchForm): number =>
  form.element?.bytes ??
  form.levels.slice(1).reduce((product, level) => product * (level.kind === "fixed" ? level.length : 1), storedBytes(form));

function decodeFixed(content: BasketContent, form: BranchForm, { from, to }: Range, target: BranchTarget): void {
  const each = form.levels.reduce((product, level) => product * (level.kind === "fixed" ? level.length : 1), storedBytes(form));
  if (content.bytes !== content.entries * each)
    throw new Error(`a basket has ${content.bytes} bytes where its ${content.entries} entries need ${content.entries * each}`);
  target.add(0, to - from);
  target.addFixed(0, to - from);
  target.values(content.area, content.start + from * each, ((to - from) * each) / storedBytes(form), content.free);
}

interface Starts {
  readonly view: Uint32Array;
  /** The byte of the content at which the first entry begins. */
  readonly first: number;
}

/**
 * Where the entries begin, in units of `unit` bytes, and then where the last one ends. They count from the beginning of the content or, with `base`, so
 * that the first entry begins at `base`. `counts` count elements of `countedUnit` bytes. If the basket has entry offsets, the result is written to
 * the address `at`.
 */
function startsOf(
  content: BasketContent,
  unit: number,
  { from, to, counts }: Range,
  { at = content.free, base, countedUnit = unit }: { readonly at?: number; readonly base?: number; readonly countedUnit?: number } = {},
): Starts {
  const { area, bytes, offsets, keyBytes, entries } = content;
  const count = to - from;
  if (offsets === undefined) return startsByCounts(content, { from, to, ...(counts && { counts }) }, countedUnit, unit, base);
  const stored = new DataView(area.buffer);
  const startAt = (entry: number): number => (entry === entries ? bytes : stored.getUint32(offsets + 4 * entry) - keyBytes);
  const [first, last, end] = [startAt(from), startAt(to - 1), startAt(to)];
  const shift = Math.log2(unit);
  const more = base === undefined ? 0 : base - first / unit;
  const view = new Uint32Array(area.buffer, at, count + 1);
  let isWrong = startAt(0) !== 0 || first < 0 || last > end || end > bytes || end % unit !== 0;
  if (!isWrong && Number.isInteger(shift))
    isWrong = area.kernels.offsets(offsets + 4 * from, at, count, keyBytes, shift, unit - 1, more) !== 0;
  else if (!isWrong) {
    let previous = first;
    for (let entry = 0; entry < count; entry++) {
      const start = startAt(from + entry);
      isWrong ||= start < previous || start % unit !== 0;
      view[entry] = start / unit + more;
      previous = start;
    }
  }
  if (isWrong) throw new Error("the entry offsets of a basket are damaged");
  view[count] = end / unit + more;
  return { view, first };
}

function startsByCounts(
  { bytes, entries }: BasketContent,
  { from, to, counts }: Range,
  countedUnit: number,
  unit: number,
  base?: number,
): Starts {
  if (!counts) throw new Error("a basket has no entry offsets, and no other branch tells how long its lists are");
  const starts = new Uint32Array(to - from + 1);
  let start = 0;
  let first = 0;
  let more = 0;
  for (let entry = 0; entry <= entries; entry++) {
    if (entry === from) first = start;
    if (entry === from && base !== undefined) more = base - start / unit;
    if (entry >= from && entry <= to) starts[entry - from] = start / unit + more;
    if (entry < entries) start += counts[entry]! * countedUnit;
  }
  if (start !== bytes) throw new Error(`a basket has ${bytes} bytes where the lists that another branch counts need ${start}`);
  return { view: starts, first };
}

/** Decodes entries that are lists up to the entry's end; each element is a value, or fixed arrays of values. */
function decodeRests(content: BasketContent, form: BranchForm, range: Range, target: BranchTarget): void {
  const unit = unitOf(form);
  const [place, base] = target.counts as [number, number];
  const { view, first } = startsOf(content, unit, range, { at: target.placeOfOffsets(content.free), base });
  const count = range.to - range.from;
  const more = view[count]! - base;
  target.add(0, count);
  target.add(1, more);
  target.offsets[0]!.set(view.subarray(0, count), place);
  target.addFixed(1, more);
  target.values(content.area, content.start + first, (more * unit) / storedBytes(form), behind(content, view));
}

function decodeVectors(content: BasketContent, form: BranchForm, range: Range, target: BranchTarget): void {
  const { area, start } = content;
  const [place, base] = target.counts as [number, number];
  const at = target.placeOfOffsets(content.free);
  const { view } = startsOf(content, 1, range, { at });
  const count = range.to - range.from;
  const out = target.placeOfValues(behind(content, view), 0);
  const refused = area.kernels[`vectors${storedBytes(form) as 1 | 2 | 4 | 8}`](start, at, count, out, base);
  if (refused) throw new Error(`entry ${target.location.firstEntry + place + refused - 1} does not hold a vector of its length`);
  const more = view[count]! - base;
  target.add(0, count);
  target.add(1, more);
  target.offsets[0]!.set(view.subarray(0, count), place);
  target.turnedValues(area, out, more);
}

/** The first free address after a view in the area's free part. */
const behind = ({ area, free }: BasketContent, { buffer, byteOffset, byteLength }: Uint32Array): number =>
  buffer === area.buffer ? byteOffset + byteLength + slack : free;

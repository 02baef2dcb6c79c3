/**
 * The range that an `auto` axis found: cells [k · 2^e, (k + 1) · 2^e). The exponent e is the smallest for which all values are within a given
 * number of cells, and at least the exponent of the largest value minus 40. More values can only make e grow, and each coarser cell is the union of
 * finer ones. So the same values end up in the same cells, in whatever order they come and however they are split.
 */

export interface FoundRange {
  readonly exponent: number;
  /** The number k of the first cell. */
  readonly first: number;
  /** The number of cells from the first to the last one with a value; 0 before there is any value. */
  readonly bins: number;
}

/** The largest number of cells in a partial, without underflow and overflow. */
export const mostFoundCells = 4096;
/** A cell is at least 2^-40 of the largest value's power of two: finer differences are not resolved. */
export const foundBits = 40;
export const smallestExponent = -1000;

export const nothingFound: FoundRange = { exponent: smallestExponent, first: 0, bins: 0 };

/** The number of the cell, 2^levels times as wide, that contains this cell. */
export function coarserCell(cell: number, levels: number): number {
  if (levels > 60) return cell < 0 ? -1 : 0;
  return Math.floor(cell / 2 ** levels);
}

/** The place where a cell is stored: its number modulo `mostFoundCells`, after the underflow cell. */
export const placeOfCell = (cell: number): number => 1 + (((cell % mostFoundCells) + mostFoundCells) % mostFoundCells);

/** The places of the range's cells in their order, with underflow before and overflow after them. */
export const placesOf = ({ first, bins }: FoundRange): readonly number[] => [
  0,
  ...Array.from({ length: bins }, (_, index) => placeOfCell(first + index)),
  mostFoundCells + 1,
];

/** The smallest range that contains both and has at most `most` cells. */
export function joinRanges(one: FoundRange, other: FoundRange, most: number): FoundRange {
  if (one.bins === 0 || other.bins === 0) return coarsenRange(one.bins === 0 ? other : one, most);
  const exponent = Math.max(one.exponent, other.exponent);
  const [a, b] = [one, other].map((range) => ({ range, levels: exponent - range.exponent }));
  const first = Math.min(...[a, b].map(({ range, levels }) => coarserCell(range.first, levels)));
  const last = Math.max(...[a, b].map(({ range, levels }) => coarserCell(range.first + range.bins - 1, levels)));
  return coarsenRange({ exponent, first, bins: last - first + 1 }, most);
}

/** The same range in at most `most` cells; `most` must be at least 2. */
export function coarsenRange(range: FoundRange, most: number): FoundRange {
  let { exponent, first, bins } = range;
  while (bins > most) {
    const last = coarserCell(first + bins - 1, 1);
    first = coarserCell(first, 1);
    bins = last - first + 1;
    exponent++;
  }
  return { exponent, first, bins };
}

/**
 * The range of the histogram that a client gets: at most `wanted` cells and at least half as many, with empty cells added on both sides. If all
 * values are in one cell, cells are widened to about a sixteenth of the value, or to 1 next to 0.
 */
export function shownRange(range: FoundRange, wanted: number): FoundRange {
  let { exponent, first, bins } = coarsenRange(range, wanted);
  if (bins === 0) exponent = 0;
  if (bins === 1) {
    const levels = first === 0 || first === -1 ? -exponent : Math.floor(Math.log2(Math.abs(first))) - 4;
    if (levels > 0) {
      first = coarserCell(first, levels);
      exponent += levels;
    }
  }
  const shown = Math.max(bins, Math.ceil(wanted / 2));
  return { exponent, first: first - Math.floor((shown - bins) / 2), bins: shown };
}

/** The lower edge of a cell, held to the range of float64. */
export const edgeOf = (cell: number, exponent: number): number =>
  Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, cell * 2 ** exponent));

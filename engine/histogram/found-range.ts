/**
 * The range that an `auto` axis found: cells [k · 2^e, (k + 1) · 2^e). The exponent e is the smallest for which the cells of all values fit into a given number, and
 * at least that of the largest value less 40. It only grows with more values, and coarser cells are unions of finer ones: so whatever comes first,
 * and however the values are split, the same values have the same cells in the end.
 */

export interface FoundRange {
  readonly exponent: number;
  /** The number k of the first cell. */
  readonly first: number;
  /** Cells from the first to the last one that has a value; 0 before there is any. */
  readonly bins: number;
}

/** Cells of a partial at most. */
export const mostFoundCells = 4096;
/** Values are told apart to so many bits of the largest one. */
export const foundBits = 40;
export const smallestExponent = -1000;

export const nothingFound: FoundRange = { exponent: smallestExponent, first: 0, bins: 0 };

/** The number of a cell among coarser ones. */
export function coarserCell(cell: number, levels: number): number {
  if (levels > 60) return cell < 0 ? -1 : 0;
  return Math.floor(cell / 2 ** levels);
}

/** The place of a cell where they go round: behind that of the underflow. */
export const placeOfCell = (cell: number): number => 1 + (((cell % mostFoundCells) + mostFoundCells) % mostFoundCells);

/** Of all places, those of the range's cells in their order, with underflow before and overflow after them. */
export const placesOf = ({ first, bins }: FoundRange): readonly number[] => [
  0,
  ...Array.from({ length: bins }, (_, index) => placeOfCell(first + index)),
  mostFoundCells + 1,
];

/** The smallest range of at most so many cells that has both. */
export function joinRanges(one: FoundRange, other: FoundRange, most: number): FoundRange {
  if (one.bins === 0 || other.bins === 0) return coarsenRange(one.bins === 0 ? other : one, most);
  const exponent = Math.max(one.exponent, other.exponent);
  const [a, b] = [one, other].map((range) => ({ range, levels: exponent - range.exponent }));
  const first = Math.min(...[a, b].map(({ range, levels }) => coarserCell(range.first, levels)));
  const last = Math.max(...[a, b].map(({ range, levels }) => coarserCell(range.first + range.bins - 1, levels)));
  return coarsenRange({ exponent, first, bins: last - first + 1 }, most);
}

/** The same range in at most so many cells, two or more. */
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
 * The range as it is shown, with at least half as many cells as are wanted: empty ones are put on both sides. Where all values are one, cells are
 * about a sixteenth of it wide, or 1 where it is 0.
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

/** The edge below a cell; the end of float64's range where it is beyond. */
export const edgeOf = (cell: number, exponent: number): number =>
  Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, cell * 2 ** exponent));

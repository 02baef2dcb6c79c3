/**
 * Finds the bin of a float32 on a regular axis by one multiplication, where the rule of `regular.ts` multiplies and divides.
 *
 * The rule and floor((x − lower) · s) both never fall as x grows, for each of their steps is rounded to the nearest float64. So they agree on every float32 if they
 * reach each bin at the same float32, and that is tried out: for each bin, the first float32 that the rule puts into it or beyond, and the one before.
 */

interface Bins {
  readonly bins: number;
  readonly lower: number;
  readonly upper: number;
}

/** The most bins: axes with more bins are not filled from columns of float32 two values at a time. */
const mostBins = 1022;
/**
 * The factors by which the quotient bins / (upper − lower) is multiplied, in the order in which they are tried. The first is slightly above 1, so that rounding
 * does not leave values below a whole number that the rule puts on it. If an edge at 0 is inside the axis, float32 are so dense around it that almost nothing
 * may be added.
 */
const factors = [1 + 2 ** -50, 1, 1 + 2 ** -52, 1 - 2 ** -53];
/** The places of −∞ and ∞. */
const [least, largest] = [-0x7f80_0000, 0x7f80_0000];

/** The scales of recent axes, since all variations of a query use the same axes. Bounded. */
const known = new Map<string, number | undefined>();
const mostKnown = 1_000;

/**
 * Finds a number s such that floor((x − lower) · s) is the bin of every float32 x in [lower, upper), below 0 for smaller x and at least `bins` for larger x.
 * Undefined if none is found.
 */
export function scaleOfFloat32(axis: Bins): number | undefined {
  const key = `${axis.bins} ${axis.lower} ${axis.upper}`;
  if (known.has(key)) return known.get(key);
  const scale = findScale(axis);
  if (known.size >= mostKnown) known.clear();
  known.set(key, scale);
  return scale;
}

function findScale(axis: Bins): number | undefined {
  const { bins, lower, upper } = axis;
  if (bins > mostBins) return undefined;
  const firsts = Array.from({ length: bins + 1 }, (_, bin) => firstOf(bin, axis));
  const isRight = (scale: number) => {
    const reaches = (place: number, bin: number) => Math.floor((float32At(place) - lower) * scale) >= bin;
    return firsts.every((first, bin) => reaches(first, bin) && !reaches(first - 1, bin));
  };
  return factors.map((factor) => (bins / (upper - lower)) * factor).find(isRight);
}

/** The place of the first float32 that the rule puts into this bin or beyond. */
function firstOf(bin: number, axis: Bins): number {
  const { bins, lower, upper } = axis;
  const isBefore = (place: number) => binOf(float32At(place), axis) < bin;
  let [before, first] = [placeOf(lower + (bin * (upper - lower)) / bins) - 1, 0];
  // The edge is near: ever farther from it, until it lies between.
  let step = 1;
  if (isBefore(before)) for (first = before + 1; isBefore(first); first = Math.min(largest, first + step), step *= 2) before = first;
  else for (first = before; !isBefore(before); before = Math.max(least, before - step), step *= 2) first = before;
  while (first - before > 1) {
    const middle = Math.floor((before + first) / 2);
    if (isBefore(middle)) before = middle;
    else first = middle;
  }
  return first;
}

/** By the rule; −1 below the axis. */
function binOf(x: number, { bins, lower, upper }: Bins): number {
  if (x < lower) return -1;
  return x < upper ? Math.floor((bins * (x - lower)) / (upper - lower)) : bins;
}

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** Numbers every float32 in ascending order; 0 and −0 have the same number. */
function placeOf(x: number): number {
  float[0] = x;
  return bits[0] >= 0 ? bits[0] : -(bits[0] & 0x7fff_ffff);
}

function float32At(place: number): number {
  bits[0] = place >= 0 ? place : -place | 0x8000_0000;
  return float[0];
}

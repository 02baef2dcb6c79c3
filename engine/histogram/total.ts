/**
 * Totals: sums of float64 values without any error, as whole numbers of 2^-1074, the smallest float64. Whatever was added in whatever order, and however
 * it was split, equal sums are equal numbers, and reading one rounds it once.
 *
 * While a program runs, a total is `limbCount` whole numbers (i64), of which number i counts 2^(32·i - 1074). One value changes three of them, each by less
 * than 2^32: nothing overflows before 2^31 values.
 */

export interface PartialTotal {
  /** Of the finite values, in units of 2^-1074. */
  readonly sum: bigint;
  /** How many finite values there were; then the least and the largest of them, infinite where there was none. */
  readonly values: number;
  readonly least: number;
  readonly largest: number;
  /** Values that were not added because they are not finite. */
  readonly nonFinite: number;
}

export const limbCount = 66;

export const nothingAdded: PartialTotal = {
  sum: 0n,
  values: 0,
  least: Number.POSITIVE_INFINITY,
  largest: Number.NEGATIVE_INFINITY,
  nonFinite: 0,
};

export const addTotals = (a: PartialTotal, b: PartialTotal): PartialTotal => ({
  sum: a.sum + b.sum,
  values: a.values + b.values,
  least: Math.min(a.least, b.least),
  largest: Math.max(a.largest, b.largest),
  nonFinite: a.nonFinite + b.nonFinite,
});

/** Bits of float64's significand, and so many more that what is below them only tells a tie from what is above one. */
const precision = 53;
const kept = 64;
const smallestExponent = -1074;

export function readLimbs(limbs: BigInt64Array): bigint {
  return limbs.reduce((sum, limb, index) => sum + (limb << BigInt(32 * index)), 0n);
}

/** The float64 nearest to the sum; a tie goes to the even one. Infinite where the sum is beyond the range. */
export function roundTotal(sum: bigint): number {
  if (sum < 0n) return -roundTotal(-sum);
  const bits = sum.toString(2).length;
  if (bits <= precision) return Number(sum) * 2 ** smallestExponent;
  const below = Math.max(0, bits - kept);
  const top = sum >> BigInt(below);
  const isExact = top << BigInt(below) === sum;
  // Rounded here, for what follows is exact or overflows: a sum of more bits than float64 has is not subnormal.
  return Number(isExact ? top : top | 1n) * 2 ** (below + smallestExponent);
}

/** As text: `-1a.12` is -0x1a · 16^12 units. */
export function writeTotal(sum: bigint): string {
  const digits = sum.toString(16);
  const significant = digits.replace(/0+$/, "") || "0";
  return sum === 0n ? "0.0" : `${significant}.${digits.length - significant.length}`;
}

export function readTotal(text: string): bigint {
  const [, sign, digits, zeros] = /^(-?)([0-9a-f]+)\.(\d+)$/.exec(text)!;
  const magnitude = BigInt(`0x${digits}`) << BigInt(4 * Number(zeros));
  return sign ? -magnitude : magnitude;
}

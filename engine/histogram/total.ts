/**
 * Totals: exact sums of float64 values, as multiples of 2^-1074, the smallest float64. A sum does not depend on the order of its values nor on how they
 * are split; reading it rounds it once.
 *
 * While a program runs, a total is `limbCount` whole numbers (i64); number i counts 2^(32·i - 1074). One value changes three of them, each by less than
 * 2^32, so nothing overflows before 2^31 values.
 */

export interface PartialTotal {
  /** The sum of the finite values, in units of 2^-1074. */
  readonly sum: bigint;
  /** The number of finite values, and the least and the largest of them. Without any, the least is +∞ and the largest −∞. */
  readonly values: number;
  readonly least: number;
  readonly largest: number;
  /** The number of values that were not added because they are not finite. */
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

/** The bits of float64's significand, and the bits kept before rounding; bits below these can only break a tie. */
const precision = 53;
const kept = 64;
const smallestExponent = -1074;

export function readLimbs(limbs: BigInt64Array): bigint {
  return limbs.reduce((sum, limb, index) => sum + (limb << BigInt(32 * index)), 0n);
}

/** The float64 nearest to the sum; a tie goes to the even one. Infinite if the sum is beyond the range. */
export function roundTotal(sum: bigint): number {
  if (sum < 0n) return -roundTotal(-sum);
  const bits = sum.toString(2).length;
  if (bits <= precision) return Number(sum) * 2 ** smallestExponent;
  const below = Math.max(0, bits - kept);
  const top = sum >> BigInt(below);
  const isExact = top << BigInt(below) === sum;
  // The conversion rounds once; the multiplication is exact or overflows, since a sum with more bits than float64 is not subnormal.
  return Number(isExact ? top : top | 1n) * 2 ** (below + smallestExponent);
}

/** A sum as text: `-1a.12` means -0x1a · 16^12 units. */
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

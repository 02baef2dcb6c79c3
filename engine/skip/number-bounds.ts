/**
 * What is known of a number without having it: between which float64 it lies, and whether it may be NaN or missing. Two numbers that lie within bounds
 * give, by an operation of float64, one that lies within the bounds that the operation's function here gives.
 *
 * The operations round to nearest, and that never changes an order: of the bounds they give bounds, so nothing has to be rounded outward.
 * Zeros of both signs are one number here, and dividing by what may be zero gives anything.
 */

export interface NumberBounds {
  /** `low > high`: there is no such number, it is NaN or missing. */
  readonly low: number;
  readonly high: number;
  readonly nan: boolean;
  readonly missing: boolean;
}

/** Truth values that may be. */
export interface TruthBounds {
  readonly yes: boolean;
  readonly no: boolean;
  readonly missing: boolean;
}

export const anyNumber: NumberBounds = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, nan: true, missing: true };
export const noNumber: NumberBounds = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY, nan: false, missing: false };
export const anyTruth: TruthBounds = { yes: true, no: true, missing: true };

export function exactly(value: number): NumberBounds {
  return Number.isNaN(value) ? { ...noNumber, nan: true } : { low: value, high: value, nan: false, missing: false };
}

/** A 64-bit integer, by float64 numbers close below and above it. */
export function around(integer: bigint): NumberBounds {
  const nearest = Number(integer);
  const exact = BigInt(nearest);
  const step = 2 ** Math.max(0, Math.floor(Math.log2(Math.abs(nearest) || 1)) - 52);
  return { low: exact > integer ? nearest - step : nearest, high: exact < integer ? nearest + step : nearest, nan: false, missing: false };
}

const isEmpty = ({ low, high }: NumberBounds): boolean => low > high;

/** A number that is one of two. */
export const eitherNumber = (a: NumberBounds, b: NumberBounds): NumberBounds => ({
  low: Math.min(a.low, b.low),
  high: Math.max(a.high, b.high),
  nan: a.nan || b.nan,
  missing: a.missing || b.missing,
});

type OfTwo = (a: NumberBounds, b: NumberBounds) => NumberBounds;

/** Of what the corners give; `nan`: besides what was NaN before. */
function fromCorners(a: NumberBounds, b: NumberBounds, corners: readonly number[], nan: boolean): NumberBounds {
  const more = { nan: a.nan || b.nan || nan, missing: a.missing || b.missing };
  if (isEmpty(a) || isEmpty(b)) return { ...noNumber, ...more };
  return { low: Math.min(...corners), high: Math.max(...corners), ...more };
}

const isInfinite = ({ low, high }: NumberBounds): boolean => low === Number.NEGATIVE_INFINITY || high === Number.POSITIVE_INFINITY;
const holdsZero = ({ low, high }: NumberBounds): boolean => low <= 0 && high >= 0;

export const add: OfTwo = (a, b) => {
  const nan =
    (a.high === Number.POSITIVE_INFINITY && b.low === Number.NEGATIVE_INFINITY) ||
    (a.low === Number.NEGATIVE_INFINITY && b.high === Number.POSITIVE_INFINITY);
  const low = a.low + b.low;
  const high = a.high + b.high;
  return fromCorners(a, b, [Number.isNaN(low) ? Number.NEGATIVE_INFINITY : low, Number.isNaN(high) ? Number.POSITIVE_INFINITY : high], nan);
};

export const negate = ({ low, high, ...more }: NumberBounds): NumberBounds => ({ low: -high, high: -low, ...more });

export const subtract: OfTwo = (a, b) => add(a, negate(b));

export const multiply: OfTwo = (a, b) => {
  const nan = (isInfinite(a) && holdsZero(b)) || (isInfinite(b) && holdsZero(a));
  const corners = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high];
  // Zero times infinity: zero times all that is finite is zero.
  return fromCorners(
    a,
    b,
    corners.map((corner) => (Number.isNaN(corner) ? 0 : corner)),
    nan,
  );
};

export const divide: OfTwo = (a, b) => {
  if (holdsZero(b)) return { ...anyNumber, missing: a.missing || b.missing };
  const corners = [a.low / b.low, a.low / b.high, a.high / b.low, a.high / b.high];
  const nan = isInfinite(a) && isInfinite(b);
  // Infinity over infinity: what is finite over it is zero.
  return fromCorners(
    a,
    b,
    corners.map((corner) => (Number.isNaN(corner) ? 0 : corner)),
    nan,
  );
};

export const least: OfTwo = (a, b) => fromCorners(a, b, [Math.min(a.low, b.low), Math.min(a.high, b.high)], false);
export const largest: OfTwo = (a, b) => fromCorners(a, b, [Math.max(a.low, b.low), Math.max(a.high, b.high)], false);

/** Of a function that never falls. */
export const rising =
  (of: (value: number) => number) =>
  (a: NumberBounds): NumberBounds =>
    isEmpty(a) ? a : { ...a, low: of(a.low), high: of(a.high) };

export function absolute(a: NumberBounds): NumberBounds {
  if (isEmpty(a)) return a;
  const [one, other] = [Math.abs(a.low), Math.abs(a.high)];
  return { ...a, low: holdsZero(a) ? 0 : Math.min(one, other), high: Math.max(one, other) };
}

export function squareRoot(a: NumberBounds): NumberBounds {
  const nan = a.nan || (!isEmpty(a) && a.low < 0);
  if (isEmpty(a) || a.high < 0) return { ...noNumber, nan, missing: a.missing };
  return { low: Math.sqrt(Math.max(0, a.low)), high: Math.sqrt(a.high), nan, missing: a.missing };
}

type Comparison = (a: NumberBounds, b: NumberBounds) => TruthBounds;

/** `yes` and `no` of numbers; all comparisons but one are false where a side is NaN. */
function compare(a: NumberBounds, b: NumberBounds, { yes, no }: { readonly yes: boolean; readonly no: boolean }): TruthBounds {
  const areThere = !isEmpty(a) && !isEmpty(b);
  return { yes: areThere && yes, no: (areThere && no) || a.nan || b.nan, missing: a.missing || b.missing };
}

export const less: Comparison = (a, b) => compare(a, b, { yes: a.low < b.high, no: a.high >= b.low });
export const lessEqual: Comparison = (a, b) => compare(a, b, { yes: a.low <= b.high, no: a.high > b.low });

export const equal: Comparison = (a, b) => {
  const isOne = a.low === a.high && b.low === b.high && a.low === b.low;
  return compare(a, b, { yes: a.low <= b.high && b.low <= a.high, no: !isOne });
};

export const not = ({ yes, no, missing }: TruthBounds): TruthBounds => ({ yes: no, no: yes, missing });

/** Three-valued: what is false decides, whatever the other one is. */
export const and = (a: TruthBounds, b: TruthBounds): TruthBounds => ({
  yes: a.yes && b.yes,
  no: a.no || b.no,
  missing: (a.missing && (b.missing || b.yes)) || (b.missing && a.yes),
});

export const or = (a: TruthBounds, b: TruthBounds): TruthBounds => not(and(not(a), not(b)));

export const eitherTruth = (a: TruthBounds, b: TruthBounds): TruthBounds => ({
  yes: a.yes || b.yes,
  no: a.no || b.no,
  missing: a.missing || b.missing,
});

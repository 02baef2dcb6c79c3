/**
 * Bounds of a number: its least and largest float64, and whether it may be NaN or missing. Guarantee: if two numbers are within their bounds, the
 * result of a float64 operation on them is within the bounds that this operation's function here returns.
 *
 * Rounding to nearest never reverses an order, so the operations may be applied to the bounds themselves, without rounding outward.
 * Zeros of both signs count as one number; dividing by a number that may be zero may return anything.
 */

export interface NumberBounds {
  /** If `low > high` the value is never a number: it is NaN or missing. */
  readonly low: number;
  readonly high: number;
  readonly nan: boolean;
  readonly missing: boolean;
}

/** The possible values of a boolean. */
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

/** Bounds of a 64-bit integer: the float64 numbers next below and above it, or itself if it is one. */
export function around(integer: bigint): NumberBounds {
  const nearest = Number(integer);
  const exact = BigInt(nearest);
  const step = 2 ** Math.max(0, Math.floor(Math.log2(Math.abs(nearest) || 1)) - 52);
  return { low: exact > integer ? nearest - step : nearest, high: exact < integer ? nearest + step : nearest, nan: false, missing: false };
}

const isEmpty = ({ low, high }: NumberBounds): boolean => low > high;

/** The bounds of a number that is one of two. */
export const eitherNumber = (a: NumberBounds, b: NumberBounds): NumberBounds => ({
  low: Math.min(a.low, b.low),
  high: Math.max(a.high, b.high),
  nan: a.nan || b.nan,
  missing: a.missing || b.missing,
});

type OfTwo = (a: NumberBounds, b: NumberBounds) => NumberBounds;

/** The bounds that contain all corners. `nan` tells that the operation itself may make NaN, besides NaN among its arguments. */
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
  // Zero times infinity is NaN, which `nan` tells; zero times any finite number is 0.
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
  // Infinity over infinity is NaN, which `nan` tells; any finite number over infinity is 0.
  return fromCorners(
    a,
    b,
    corners.map((corner) => (Number.isNaN(corner) ? 0 : corner)),
    nan,
  );
};

export const least: OfTwo = (a, b) => fromCorners(a, b, [Math.min(a.low, b.low), Math.min(a.high, b.high)], false);
export const largest: OfTwo = (a, b) => fromCorners(a, b, [Math.max(a.low, b.low), Math.max(a.high, b.high)], false);

/** The bounds of a function that never decreases. */
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

/** The possible results of a comparison. `yes` and `no` are those between numbers; with NaN on a side it is false. */
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

/** Three-valued logic: if one side is false, the result is false, even if the other side is missing. */
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

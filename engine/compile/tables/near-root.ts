/**
 * Searches for the root that is nearest to a constant, as in `minBy(abs(mass - 91.2))`, without computing most roots: two limits tell of which arguments the
 * root cannot be nearer than the nearest so far.
 *
 * With the nearest distance b and the constant c, a root r is nearer only if c − b < r < c + b, for subtracting rounds the difference to less than b only where it
 * is less. So the argument lies between the squares of both, with their signs, but for the rounding of the sum, the square and the root. Each of
 * these changes a number by less than 2^-52 of itself, unless a square is so small that it loses digits; the limits are wider than that.
 */
import type { Term } from "../../program/term.ts";
import { type Expression, F, f64, type Local, select, V } from "../../wasm/instructions.ts";
import type { Emitter } from "../emitter.ts";

/** The value abs(root of `argument` − `constant`), or abs(`constant` − root of `argument`). */
interface Distance {
  readonly argument: Term;
  readonly constant: Term;
}

export function distanceFromRoot(value: Term): Distance | undefined {
  if (value.operation !== "function" || value.literal !== "abs") return undefined;
  const [difference] = value.args;
  if (difference.operation !== "subtract") return undefined;
  const [a, b] = difference.args;
  const [root, constant] = a.operation === "number" ? [b, a] : [a, b];
  const isRoot = root.operation === "function" && (root.literal === "signedSqrt" || root.literal === "sqrt");
  return isRoot && constant.operation === "number" ? { argument: root.args[0], constant } : undefined;
}

/** More than the rounding of a few operations can change a number, as a part of it. */
const slack = 2 ** -48;
/** Far above the squares that lose digits. */
const smallest = 1e-290;

export interface Limits {
  /** Whether either of two arguments may have a nearer root. False for NaN, of which there is no root. */
  mayBeNearer(both: Expression): Expression;
  /** To be called whenever there is a new nearest distance. */
  narrow(nearest: Expression): void;
}

/** Limits that all numbers lie between, until they are narrowed. */
export function openLimits({ f, keep }: Emitter, constant: Expression): Limits {
  const [low, high] = [-1, 1].map((sign) => f.variable(V.splat(f64(sign * Number.POSITIVE_INFINITY)))) as [Local, Local];
  /** The square with the sign of its root, away from the constant by the slack, in the direction of `sign`. */
  const limit = (root: Expression, sign: 1 | -1): Expression => {
    const square = keep(F.copysign(F.mul(root, root), root));
    const wider = keep(F.add(square, F.mul(F.abs(square), f64(sign * slack))));
    return select(F.lt(F.abs(wider), f64(smallest)), f64(sign * smallest), wider);
  };
  return {
    mayBeNearer: (both) => V.anyTrue(V.and(V.ge(both, low), V.le(both, high))),
    narrow(nearest) {
      f.set(low, V.splat(limit(keep(F.sub(constant, nearest)), -1)));
      f.set(high, V.splat(limit(keep(F.add(constant, nearest)), 1)));
    },
  };
}

/**
 * Takes an angle modulo pi/2: x = quadrant * pi/2 + remainder - excess, |remainder| <= pi/4 (a hair more at the ends).
 * `excess` is what the remainder as one float64 is too large by, so that its relative error is below 2^-65 for every
 * float64, however large and however near a multiple of pi/2.
 */
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import { call, type Expression, F, f64, I, i64, L } from "../wasm/instructions.ts";
import type { ModuleBuilder } from "../wasm/module-builder.ts";
import { hugeAngle } from "./reduce-huge-angle.ts";

export interface ReducedAngle {
  /** i64; only its lowest two bits mean something. */
  readonly quadrant: Expression;
  readonly remainder: Expression;
  readonly excess: Expression;
}

/** pi/2 in parts of 33, 33 and 53 bits: a product of the first two with an integer up to 2^20 is exact. */
const halfPi = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21] as const;
/** 2^20 * pi/2. */
const largest = 1647099;
/** Adding 1.5 * 2^52 rounds to an integer, which then stands in the low bits. */
const rounder = 6755399441055744;

/** Up to 1,647,099 the method of Cody and Waite, without a branch; beyond, and for infinities and NaN, `hugeAngle`. */
export function reduceAngle(f: FunctionBuilder, x: Expression, m: ModuleBuilder): ReducedAngle {
  const rounded = f.keep(F.add(F.mul(x, f64(2 / Math.PI)), f64(rounder)));
  const quadrant = f.variable(L.fromBits(rounded));
  const turns = f.keep(F.sub(rounded, f64(rounder)));
  const first = f.keep(F.sub(x, F.mul(turns, f64(halfPi[0]))));
  const middle = f.keep(F.mul(turns, f64(halfPi[1])));
  const second = f.keep(F.sub(first, middle));
  const rest = f.keep(F.sub(F.mul(turns, f64(halfPi[2])), F.sub(F.sub(first, second), middle)));
  const remainder = f.variable(F.sub(second, rest));
  const excess = f.variable(F.sub(rest, F.sub(second, remainder)));
  f.if(I.eqz(F.le(F.abs(x), f64(largest))), () => {
    const huge = hugeAngle(m);
    f.set(quadrant, L.truncF64(call(huge, x, f64(0))));
    f.set(remainder, call(huge, x, f64(1)));
    f.set(excess, call(huge, x, f64(2)));
  });
  return { quadrant, remainder, excess };
}

/** The value, negated if bit 1 of `quadrant` is set. */
export function signByQuadrant(bits: Expression, quadrant: Expression): Expression {
  const sign = L.and(L.shl(quadrant, i64(62n)), i64(-(2n ** 63n)));
  return F.fromBits(L.xor(bits, sign));
}

/**
 * log. x = 2^k m with m in [sqrt 1/2, sqrt 2); with s = (m - 1) / (m + 1) and z = s^2,
 *   log m = 2 s + s z R(z),  7 coefficients, relative error below 2^-59.4.
 */
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import { type Expression, F, f64, I, i64, L } from "../wasm/instructions.ts";
import { ln2 } from "./exponential.ts";
import type { Kernel } from "./kernel.ts";
import { polynomial } from "./polynomial.ts";

const ratio = [
  0.6666666666666734, 0.39999999999416647, 0.28571428742028354, 0.2222219860480687, 0.18183562875372608, 0.15314084041552878,
  0.14795641950622826,
];
const smallestNormal = 2 ** -1022;
/** Bits of sqrt 1/2. */
const rootBits = 0x3fe6a09e667f3bcdn;

export interface Split {
  /** k, as f64. */
  readonly exponent: Expression;
  readonly mantissa: Expression;
}

/** Takes a positive finite x apart into 2^exponent * mantissa, mantissa in [sqrt 1/2, sqrt 2). */
export function splitExponent(f: FunctionBuilder, x: Expression): Split {
  const value = f.variable(x);
  const shift = f.variable(f64(0));
  f.if(F.lt(value, f64(smallestNormal)), () => {
    f.set(value, F.mul(value, f64(2 ** 54)));
    f.set(shift, f64(54));
  });
  const bits = f.keep(L.fromBits(value));
  const k = f.keep(L.shrS(L.sub(bits, i64(rootBits)), i64(52n)));
  const mantissa = f.keep(F.fromBits(L.sub(bits, L.shl(k, i64(52n)))));
  return { exponent: f.keep(F.sub(F.fromI64(k), shift)), mantissa };
}

/** Returns from the function if the logarithm of x, to any base, is not finite. */
export function returnSpecialLogarithm(f: FunctionBuilder, x: Expression): void {
  const inside = (): Expression => I.and(F.gt(x, f64(0)), F.lt(x, f64(Number.POSITIVE_INFINITY)));
  f.if(I.eqz(inside()), () => {
    f.if(F.eq(x, f64(0)), () => f.return(f64(Number.NEGATIVE_INFINITY)));
    f.if(F.lt(x, f64(0)), () => f.return(f64(Number.NaN)));
    f.return(x);
  });
}

export const log: Kernel = {
  name: "log",
  params: 1,
  inline: false,
  build(f, args) {
    const x = args[0]!;
    returnSpecialLogarithm(f, x);
    const { exponent, mantissa } = splitExponent(f, x);
    const step = f.keep(F.sub(mantissa, f64(1)));
    const s = f.keep(F.div(step, F.add(step, f64(2))));
    const z = f.keep(F.mul(s, s));
    const rest = F.mul(z, polynomial(z, ratio));
    const half = f.keep(F.mul(F.mul(step, step), f64(0.5)));
    // log m = step - (half - s (half + rest)): the largest term is exact.
    const correction = F.sub(half, F.add(F.mul(s, F.add(half, rest)), F.mul(exponent, f64(ln2[1]))));
    return F.sub(F.mul(exponent, f64(ln2[0])), F.sub(correction, step));
  },
};

/**
 * exp. With n = x / ln 2 rounded, r = x - n ln 2, |r| <= ln 2 / 2 and z = r^2:
 *   sinh r = r - r z P(z),  cosh r = 1 + z Q(z),  5 coefficients each,
 * relative errors below 2^-61.6 and 2^-58; their sum is e^r, and sinh and cosh of x are made of them too.
 */
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import { call, type Expression, F, f64, I, i64, L } from "../wasm/instructions.ts";
import type { ModuleBuilder } from "../wasm/module-builder.ts";
import type { Kernel } from "./kernel.ts";
import { polynomial } from "./polynomial.ts";

/** ln 2 in two parts; a product of the first, of 40 bits, with an exponent is exact. */
export const ln2 = [0.6931471805592082, 7.371002565167799e-13] as const;
/** Adding 1.5 * 2^52 rounds to an integer, which then stands in the low bits. */
const rounder = 6755399441055744;
/** Up to here e^x and e^-x are normal numbers. */
export const largestExponent = 708;

const oddPart = [-0.16666666666666677, -0.008333333333321376, -0.0001984126988686155, -2.7557243384926375e-6, -2.5109352085011618e-8];
const evenPart = [0.5000000000000012, 0.04166666666651931, 0.0013888888946087688, 2.4801490831851622e-5, 2.7630983413594386e-7];

export interface ReducedExponent {
  /** n (i64) in the low 51 bits, two's complement. */
  readonly power: Expression;
  readonly remainder: Expression;
  readonly square: Expression;
  /** The polynomials P and Q. */
  readonly odd: Expression;
  readonly even: Expression;
}

/** For |x| <= 2^11. */
export function reduceExponent(f: FunctionBuilder, x: Expression): ReducedExponent {
  const rounded = f.keep(F.add(F.mul(x, f64(Math.LOG2E)), f64(rounder)));
  const turns = f.keep(F.sub(rounded, f64(rounder)));
  const remainder = f.keep(F.sub(F.sub(x, F.mul(turns, f64(ln2[0]))), F.mul(turns, f64(ln2[1]))));
  return parts(f, rounded, remainder);
}

function parts(f: FunctionBuilder, rounded: Expression, remainder: Expression): ReducedExponent {
  const square = f.keep(F.mul(remainder, remainder));
  return {
    power: f.keep(L.fromBits(rounded)),
    remainder,
    square,
    odd: f.keep(polynomial(square, oddPart)),
    even: f.keep(polynomial(square, evenPart)),
  };
}

/** 2^power (i64) for -1022 <= power <= 1023. */
export const powerOfTwo = (power: Expression): Expression => F.fromBits(L.shl(L.add(power, i64(1023n)), i64(52n)));

/** e^remainder. */
export const expOfRemainder = ({ remainder: r, square, odd, even }: ReducedExponent): Expression =>
  F.add(f64(1), F.add(r, F.mul(square, F.sub(even, F.mul(r, odd)))));

/**
 * e^(x + low) / 2^halvings for |x| <= 800, |low| <= 2^-40: before its last rounding within 0.35 ulp, so that what a float64
 * can hold exactly comes out exact. It is scaled in two steps; only the last can round or overflow.
 */
export function preciseExp(f: FunctionBuilder, x: Expression, low: Expression, halvings: bigint): Expression {
  const rounded = f.keep(F.add(F.mul(x, f64(Math.LOG2E)), f64(rounder)));
  const turns = f.keep(F.sub(rounded, f64(rounder)));
  const near = f.keep(F.sub(x, F.mul(turns, f64(ln2[0]))));
  const rest = f.keep(F.sub(F.mul(turns, f64(ln2[1])), low));
  const r = f.keep(F.sub(near, rest));
  const excess = f.keep(F.sub(rest, F.sub(near, r)));
  const { power: bits, square, odd, even } = parts(f, rounded, r);
  const curve = F.sub(F.mul(square, F.sub(even, F.mul(r, odd))), F.add(excess, F.mul(r, excess)));
  // The low 51 bits, sign-extended.
  const power = f.keep(L.shrS(L.shl(bits, i64(13n)), i64(13n)));
  const first = f.keep(L.shrS(power, i64(1n)));
  const value = F.mul(F.add(f64(1), F.add(r, curve)), powerOfTwo(first));
  return F.mul(value, powerOfTwo(L.sub(L.sub(power, first), i64(halvings))));
}

/** e^x / 2^halvings for every x, for the few beyond `largestExponent`. */
export function farExp(f: FunctionBuilder, x: Expression, halvings: bigint, m: ModuleBuilder): Expression {
  const far = m.shared(`kernel far exp ${halvings}`, ["f64"], "f64", (body) => {
    const [arg] = body.params;
    body.if(F.gt(arg, f64(720)), () => body.return(f64(Number.POSITIVE_INFINITY)));
    body.if(F.lt(arg, f64(-760)), () => body.return(f64(0)));
    body.return(preciseExp(body, arg, f64(0), halvings));
  });
  return call(far, f.keep(x));
}

export const exp: Kernel = {
  name: "exp",
  params: 1,
  inline: true,
  build(f, [x], m) {
    const reduced = reduceExponent(f, x);
    const result = f.variable(F.mul(expOfRemainder(reduced), powerOfTwo(reduced.power)));
    f.if(I.eqz(F.le(F.abs(x), f64(largestExponent))), () => f.set(result, farExp(f, x, 0n, m)));
    return result;
  },
};

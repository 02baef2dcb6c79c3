/**
 * sinh and cosh from sinh r and cosh r of the reduced argument x = n ln 2 + r. With C = cosh(n ln 2) and S = sinh(n ln 2),
 * which are sums of two powers of two,
 *   sinh x = S cosh r + C sinh r,  cosh x = C cosh r + S sinh r,
 * whose leading terms S + C r are summed last. Small x have n = 0, so nothing cancels and there is no branch for them.
 *
 * tanh x = x - x z T(z) below 0.7, with z = x^2, 13 coefficients, relative error below 2^-60.9.
 */
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import { type Expression, F, f64, I, i64, L } from "../wasm/instructions.ts";
import { expOfRemainder, farExp, largestExponent, powerOfTwo, type ReducedExponent, reduceExponent } from "./exponential.ts";
import type { Kernel } from "./kernel.ts";
import { splitPolynomial } from "./polynomial.ts";

const tangent = [
  0.3333333333333332, -0.13333333333331235, 0.05396825396706334, -0.02186948850205779, 0.008863234952396189, -0.0035921217300525954,
  0.0014557876565570022, -0.0005897853351132208, 0.00023823874745172773, -9.458454334041122e-5, 3.497401525568912e-5,
  -1.0430873859224992e-5, 1.7726368544366318e-6,
] as const;

interface Parts {
  readonly reduced: ReducedExponent;
  readonly cosh: Expression;
  /** -sinh(n ln 2): so written, sinh keeps the sign of zero. */
  readonly negativeSinh: Expression;
}

function partsOf(f: FunctionBuilder, x: Expression): Parts {
  const reduced = reduceExponent(f, x);
  const half = (power: Expression): Expression => f.keep(F.fromBits(L.shl(power, i64(52n))));
  const up = half(L.add(reduced.power, i64(1022n)));
  const down = half(L.sub(i64(1022n), reduced.power));
  return { reduced, cosh: f.keep(F.add(up, down)), negativeSinh: f.keep(F.sub(down, up)) };
}

export const sinh: Kernel = {
  name: "sinh",
  params: 1,
  inline: true,
  build(f, [x], m) {
    const { reduced, cosh, negativeSinh } = partsOf(f, x);
    const lead = f.keep(F.mul(cosh, reduced.remainder));
    const small = F.mul(reduced.square, F.add(F.mul(lead, reduced.odd), F.mul(negativeSinh, reduced.even)));
    const result = f.variable(F.sub(F.sub(lead, small), negativeSinh));
    f.if(I.eqz(F.le(F.abs(x), f64(largestExponent))), () => {
      f.set(result, F.copysign(farExp(f, F.abs(x), 1n, m), x));
    });
    return result;
  },
};

export const cosh: Kernel = {
  name: "cosh",
  params: 1,
  inline: true,
  build(f, [x], m) {
    const { reduced, cosh, negativeSinh } = partsOf(f, x);
    const lead = f.keep(F.mul(negativeSinh, reduced.remainder));
    const small = F.mul(reduced.square, F.add(F.mul(cosh, reduced.even), F.mul(lead, reduced.odd)));
    const result = f.variable(F.add(cosh, F.sub(small, lead)));
    f.if(I.eqz(F.le(F.abs(x), f64(largestExponent))), () => f.set(result, farExp(f, F.abs(x), 1n, m)));
    return result;
  },
};

export const tanh: Kernel = {
  name: "tanh",
  params: 1,
  inline: false,
  build(f, [x]) {
    const size = f.keep(F.abs(x));
    f.if(F.ge(size, f64(0.7)), () => {
      // From 22 on, the nearest float64 is 1.
      f.if(F.ge(size, f64(22)), () => f.return(F.copysign(f64(1), x)));
      const reduced = reduceExponent(f, f.keep(F.mul(size, f64(2))));
      const exp = F.mul(expOfRemainder(reduced), powerOfTwo(reduced.power));
      f.return(F.copysign(F.sub(f64(1), F.div(f64(2), F.add(exp, f64(1)))), x));
    });
    const z = f.keep(F.mul(x, x));
    const below = F.mul(F.mul(size, z), splitPolynomial(f, z, f.keep(F.mul(z, z)), tangent));
    return F.copysign(F.sub(size, below), x);
  },
};

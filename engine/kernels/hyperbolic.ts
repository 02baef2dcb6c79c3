/**
 * sinh and cosh from sinh r and cosh r of the reduced argument x = n ln 2 + r. With C = cosh(n ln 2) and S = sinh(n ln 2),
 * which are sums of two powers of two,
 *   sinh x = S cosh r + C sinh r,  cosh x = C cosh r + S sinh r,
 * whose leading terms S + C r are summed last. Small x have n = 0, so nothing cancels and there is no branch for them.
 */
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import { type Expression, F, f64, I, i64, L } from "../wasm/instructions.ts";
import { farExp, largestExponent, type ReducedExponent, reduceExponent } from "./exponential.ts";
import type { Kernel } from "./kernel.ts";

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
  build(f, args, m) {
    const x = args[0]!;
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
  build(f, args, m) {
    const x = args[0]!;
    const { reduced, cosh, negativeSinh } = partsOf(f, x);
    const lead = f.keep(F.mul(negativeSinh, reduced.remainder));
    const small = F.mul(reduced.square, F.add(F.mul(cosh, reduced.even), F.mul(lead, reduced.odd)));
    const result = f.variable(F.add(cosh, F.sub(small, lead)));
    f.if(I.eqz(F.le(F.abs(x), f64(largestExponent))), () => f.set(result, farExp(f, F.abs(x), 1n, m)));
    return result;
  },
};

/** JavaScript's `%`: exact, with the sign of the dividend. */
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import { type Expression, F, f64, I, i64, L, type Local } from "../wasm/instructions.ts";
import type { Kernel } from "./kernel.ts";

const hidden = 2n ** 52n;
/** By this many bits a 53-bit remainder can be shifted left within 64 bits. */
const stride = 11n;

/** |x| = mantissa * 2^(exponent - 1075), both i64; exponent >= 1. */
function takeApart(f: FunctionBuilder, magnitude: Expression): { readonly mantissa: Local; readonly exponent: Local } {
  const bits = f.keep(L.fromBits(magnitude));
  const mantissa = f.variable(L.and(bits, i64(hidden - 1n)));
  const exponent = f.variable(L.shrU(bits, i64(52n)));
  f.if(
    L.eqz(exponent),
    () => f.set(exponent, i64(1n)),
    () => f.set(mantissa, L.or(mantissa, i64(hidden))),
  );
  return { mantissa, exponent };
}

export const remainder: Kernel = {
  name: "remainder",
  params: 2,
  inline: false,
  build(f, [x, y]) {
    const a = f.keep(F.abs(x));
    const b = f.keep(F.abs(y));
    const usable = (): Expression => I.and(F.lt(a, f64(Number.POSITIVE_INFINITY)), F.gt(b, f64(0)));
    f.if(I.eqz(usable()), () => f.return(f64(Number.NaN)));
    f.if(F.lt(a, b), () => f.return(x));
    f.if(F.ne(b, b), () => f.return(b));
    const dividend = takeApart(f, a);
    const divisor = takeApart(f, b);
    const rest = f.variable(L.remU(dividend.mantissa, divisor.mantissa));
    const left = f.variable(L.sub(dividend.exponent, divisor.exponent));
    f.block((end) => {
      f.loop((again) => {
        f.branchIf(end, L.eqz(left));
        const step = f.variable(i64(stride));
        f.if(L.lt(left, i64(stride)), () => f.set(step, left));
        f.set(rest, L.remU(L.shl(rest, step), divisor.mantissa));
        f.set(left, L.sub(left, step));
        f.branch(again);
      });
    });
    // Two exact factors: 2^(exponent - 1075) alone may be too small to be written as a normal number.
    const scale = F.fromBits(L.shl(divisor.exponent, i64(52n)));
    return F.copysign(F.mul(F.mul(F.fromI64(rest), f64(2 ** -52)), scale), x);
  },
};

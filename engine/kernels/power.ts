/** Powers and cube roots. */
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import { call, type Expression, F, f64, I, i64, L, select } from "../wasm/instructions.ts";
import { exactProduct } from "./double-double.ts";
import { doubleLogarithm } from "./double-logarithm.ts";
import { preciseExp } from "./exponential.ts";
import type { Kernel } from "./kernel.ts";

const infinity = f64(Number.POSITIVE_INFINITY);

/** Returns from the function for every x and y whose power is 0, infinite, NaN or 1 by JavaScript's rules; `size` is |x|. */
function returnSpecialPower(f: FunctionBuilder, x: Expression, size: Expression, y: Expression, sign: Expression): void {
  f.if(F.eq(y, f64(0)), () => f.return(f64(1)));
  f.if(I.or(F.ne(x, x), F.ne(y, y)), () => f.return(f64(Number.NaN)));
  f.if(F.eq(F.abs(y), infinity), () => {
    f.if(F.eq(size, f64(1)), () => f.return(f64(Number.NaN)));
    f.return(select(I.eq(F.gt(size, f64(1)), F.gt(y, f64(0))), infinity, f64(0)));
  });
  f.if(I.or(F.eq(size, f64(0)), F.eq(size, infinity)), () => {
    f.return(F.copysign(select(I.eq(F.eq(size, f64(0)), F.gt(y, f64(0))), f64(0), infinity), sign));
  });
  f.if(I.and(F.lt(x, f64(0)), F.ne(y, F.trunc(y))), () => f.return(f64(Number.NaN)));
}

const generalPower: Kernel = {
  name: "pow",
  params: 2,
  inline: false,
  build(f, [x, y]) {
    const size = f.keep(F.abs(x));
    // y is odd if it is whole and y / 2 is not; from 2^53 on every y is even.
    const half = f.keep(F.mul(y, f64(0.5)));
    const odd = I.and(F.ne(half, F.trunc(half)), F.eq(y, F.trunc(y)));
    const sign = f.keep(F.copysign(f64(1), select(odd, x, f64(1))));
    returnSpecialPower(f, x, size, y, sign);
    const { high, low } = doubleLogarithm(f, size);
    const about = f.keep(F.mul(y, high));
    f.if(F.gt(about, f64(720)), () => f.return(F.mul(sign, infinity)));
    f.if(F.lt(about, f64(-760)), () => f.return(F.mul(sign, f64(0))));
    const product = exactProduct(f, y, high);
    return F.mul(sign, preciseExp(f, product.high, f.keep(F.add(product.low, F.mul(y, low))), 0n));
  },
};

/** x ** y, exact where the power is a float64; the constant exponents 1, 2, 3 and -1 need no logarithm. */
export const pow: Kernel = {
  name: "pow",
  params: 2,
  inline: true,
  build(_, [x, y], m) {
    switch (y.kind === "const" ? y.value : undefined) {
      case 1:
        return x;
      case 2:
        return F.mul(x, x);
      case 3:
        return F.mul(F.mul(x, x), x);
      case -1:
        return F.div(f64(1), x);
    }
    const reference = m.shared("kernel pow", ["f64", "f64"], "f64", (body) => body.return(generalPower.build(body, body.params, m)));
    return call(reference, x, y);
  },
};

/** Begins with a guess from a third of the exponent, then two steps of Halley, and one of Newton from 26 bits, whose square is exact. */
export const cbrt: Kernel = {
  name: "cbrt",
  params: 1,
  inline: false,
  build(f, [x]) {
    const size = f.variable(F.abs(x));
    const scale = f.variable(f64(1));
    f.if(I.eqz(I.and(F.gt(size, f64(0)), F.lt(size, infinity))), () => f.return(x));
    f.if(F.lt(size, f64(2 ** -1022)), () => {
      f.set(size, F.mul(size, f64(2 ** 54)));
      f.set(scale, f64(2 ** -18));
    });
    const root = f.variable(F.fromBits(L.add(L.divU(L.fromBits(size), i64(3n)), i64(0x2a9f765fd8adac00n))));
    for (let step = 0; step < 2; step++) {
      const other = f.keep(F.div(size, F.mul(root, root)));
      f.set(root, F.mul(root, F.div(F.add(root, F.mul(f64(2), other)), F.add(F.mul(f64(2), root), other))));
    }
    f.set(root, F.fromBits(L.and(L.fromBits(root), i64(-(2n ** 27n)))));
    const other = f.keep(F.div(size, F.mul(root, root)));
    const step = F.mul(root, F.div(F.sub(other, root), F.add(F.mul(f64(2), root), other)));
    return F.copysign(F.mul(F.add(root, step), scale), x);
  },
};

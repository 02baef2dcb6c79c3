/**
 * The natural logarithm to some 2^-65 of its value, for what multiplies it: powers, and logarithms to other bases.
 * With x = 2^k m, s = (m - 1) / (m + 1) and z = s^2, log m = 2 s + 2/3 s z + s z^2 D(z): the first two terms in double-double,
 * D with 8 coefficients, relative error of the whole below 2^-73.
 */
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import { type Expression, F, f64 } from "../wasm/instructions.ts";
import { type DoubleDouble, exactProduct, exactSum } from "./double-double.ts";
import { ln2 } from "./exponential.ts";
import type { Kernel } from "./kernel.ts";
import { returnSpecialLogarithm, splitExponent } from "./logarithm.ts";
import { polynomial } from "./polynomial.ts";

const coefficients = [
  0.3999999999999998, 0.2857142857144384, 0.22222222217789736, 0.18181818843993722, 0.15384558428454687, 0.1333626446372863,
  0.11675783763012748, 0.1198169262083004,
] as const;
const twoThirds = [0.6666666666666666, 3.700743415417188e-17] as const;

/** log x for a positive finite x, high being the sum rounded. */
export function doubleLogarithm(f: FunctionBuilder, x: Expression): DoubleDouble {
  const { exponent, mantissa } = splitExponent(f, x);
  const step = f.keep(F.sub(mantissa, f64(1)));
  const sum = f.keep(F.add(mantissa, f64(1)));
  const sumLow = F.sub(mantissa, F.sub(sum, f64(1)));
  const s = f.keep(F.div(step, sum));
  const back = exactProduct(f, s, sum);
  const sLow = f.keep(F.div(F.sub(F.sub(F.sub(step, back.high), back.low), F.mul(s, sumLow)), sum));
  const square = exactProduct(f, s, s);
  const z = square.high;
  const zLow = f.keep(F.add(square.low, F.mul(f64(2), F.mul(s, sLow))));
  const cube = exactProduct(f, s, z);
  const cubeLow = f.keep(F.add(cube.low, F.add(F.mul(s, zLow), F.mul(sLow, z))));
  const second = exactProduct(f, cube.high, f64(twoThirds[0]));
  const secondLow = F.add(second.low, F.add(F.mul(cube.high, f64(twoThirds[1])), F.mul(cubeLow, f64(twoThirds[0]))));
  const rest = F.mul(F.mul(cube.high, z), polynomial(z, coefficients));
  const lead = exactSum(f, F.mul(f64(2), s), second.high);
  const low = F.add(lead.low, F.add(F.mul(f64(2), sLow), F.add(secondLow, rest)));
  const whole = exactSum(f, F.mul(exponent, f64(ln2[0])), lead.high);
  return exactSum(f, whole.high, F.add(whole.low, F.add(low, F.mul(exponent, f64(ln2[1])))));
}

/** Within 0.51 ulp, so exact where the logarithm is a whole number. `factor` is 1 / log(base) in two parts. */
function logarithmTo(name: string, factor: readonly [number, number]): Kernel {
  return {
    name,
    params: 1,
    inline: false,
    build(f, [x]) {
      returnSpecialLogarithm(f, x);
      const { high, low } = doubleLogarithm(f, x);
      const product = exactProduct(f, high, f64(factor[0]));
      return F.add(product.high, F.add(product.low, F.add(F.mul(high, f64(factor[1])), F.mul(low, f64(factor[0])))));
    },
  };
}

export const log2 = logarithmTo("log2", [Math.LOG2E, 2.0355273740931033e-17]);
export const log10 = logarithmTo("log10", [Math.LOG10E, 1.098319650216765e-17]);

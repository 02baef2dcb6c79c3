/**
 * asinh, from which pseudorapidity is computed: eta = asinh(pz / pt). With z = x^2, below 1/2 asinh x = x - x z A(z), 12 coefficients,
 * relative error below 2^-59.6; above, log(x + sqrt(x^2 + 1)) with what the argument's rounding lost put back.
 */
import { F, f64 } from "../wasm/instructions.ts";
import { exactProduct, exactSum } from "./double-double.ts";
import { callKernel, type Kernel } from "./kernel.ts";
import { log } from "./logarithm.ts";
import { splitPolynomial } from "./polynomial.ts";

const coefficients = [
  0.1666666666666661, -0.07499999999984416, 0.04464285712783061, -0.03038194371633435, 0.022372138356900252, -0.017352386939754657,
  0.013960232275802825, -0.011512986314051829, 0.009534166063431201, -0.007465715892746981, 0.004747798286621959, -0.0017183664002965921,
] as const;

export const asinh: Kernel = {
  name: "asinh",
  params: 1,
  inline: false,
  build(f, [x], m) {
    const size = f.keep(F.abs(x));
    f.if(F.gt(size, f64(2 ** 28)), () => {
      f.return(F.copysign(F.add(callKernel(m, f, log, [size]), f64(Math.LN2)), x));
    });
    f.if(F.ge(size, f64(0.5)), () => {
      const square = exactProduct(f, size, size);
      const larger = f.keep(F.max(square.high, f64(1)));
      const sum = exactSum(f, larger, F.min(square.high, f64(1)));
      const root = f.keep(F.sqrt(sum.high));
      const back = exactProduct(f, root, root);
      const left = F.add(F.sub(F.sub(sum.high, back.high), back.low), F.add(sum.low, square.low));
      const rootLow = F.div(left, F.mul(f64(2), root));
      const whole = exactSum(f, root, size);
      const low = F.div(F.add(whole.low, rootLow), whole.high);
      f.return(F.copysign(F.add(callKernel(m, f, log, [whole.high]), low), x));
    });
    const z = f.keep(F.mul(x, x));
    const below = F.mul(F.mul(size, z), splitPolynomial(f, z, f.keep(F.mul(z, z)), coefficients));
    return F.copysign(F.sub(size, below), x);
  },
};

/** Math.round and Math.sign. */
import { F, f64, I } from "../wasm/instructions.ts";
import type { Kernel } from "./kernel.ts";

/** Rounds without a branch. Halves go up; a result of zero keeps the sign. x - floor(x) is exact where it decides the result. */
export const round: Kernel = {
  name: "round",
  params: 1,
  inline: true,
  build(f, [x]) {
    const below = f.keep(F.floor(x));
    return F.copysign(F.add(below, F.fromI32(F.ge(F.sub(x, below), f64(0.5)))), x);
  },
};

export const sign: Kernel = {
  name: "sign",
  params: 1,
  inline: true,
  build(f, [x]) {
    const result = f.variable(F.copysign(f64(1), x));
    f.if(I.eqz(F.gt(F.abs(x), f64(0))), () => f.set(result, x));
    return result;
  },
};

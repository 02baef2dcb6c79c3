/** Math.round and Math.sign, without a branch. */
import { F, f64, I } from "../wasm/instructions.ts";
import type { Kernel } from "./kernel.ts";

/** Halves go up; what rounds to zero keeps its sign. x - floor(x) is exact where it decides. */
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
  // 1 / 1, 0 / 1 or, for NaN, 0 / 0.
  build: (_, [x]) => F.copysign(F.div(F.fromI32(I.or(F.gt(x, f64(0)), F.lt(x, f64(0)))), F.fromI32(F.eq(x, x))), x),
};

/**
 * A regular axis that wraps: the bin is floor(bins · (x − lower) / (upper − lower)) modulo bins, each step of the quotient in float64 and
 * in this order. Its one further cell, overflow, takes values that are not finite or make the quotient not finite.
 */
import { callKernel } from "../kernels/kernel.ts";
import { remainder } from "../kernels/remainder.ts";
import { F, f64, I, i32, select } from "../wasm/instructions.ts";
import type { AxisKind } from "./axis-kind.ts";
import { type RegularAxis, regular } from "./regular.ts";

export const circular: AxisKind<RegularAxis> = {
  schema: regular.schema,
  fields: regular.fields,
  takes: regular.takes,
  flow: { underflow: false, overflow: true },
  bins: regular.bins,

  cellOf({ bins, lower, upper }, value) {
    const bin = Math.floor((bins * (value - lower)) / (upper - lower)) % bins;
    return Number.isNaN(bin) ? bins : bin < 0 ? bin + bins : bin;
  },

  numbers: ({ lower, upper }) => [lower, upper - lower],
  form: ({ bins }) => bins,

  emitCell({ f, m }, { bins }, value, { numbers: [lower, width] }) {
    const whole = f.keep(F.floor(F.div(F.mul(f64(bins), F.sub(value, lower)), width)));
    const bin = f.variable(whole);
    f.if(I.eqz(I.and(F.ge(whole, f64(0)), F.lt(whole, f64(bins)))), () => {
      f.set(bin, callKernel(m, f, remainder, [whole, f64(bins)]));
      f.set(bin, select(F.lt(bin, f64(0)), F.add(bin, f64(bins)), bin));
    });
    return f.keep(select(F.eq(bin, bin), I.truncF64(bin), i32(bins)));
  },

  writeUhi: ({ bins, lower, upper }) => ({ type: "regular", lower, upper, bins, underflow: false, overflow: true, circular: true }),
};

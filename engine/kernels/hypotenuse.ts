/**
 * hypot of any number of arguments. Squares are added as a balanced tree: with a tree of depth d the result is within
 * (2 + d) / 2 ulp, so 1.5 for two arguments and 2 for three or four; nesting calls instead would add their errors up.
 */
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import { call, type Expression, F, f64, I, i64, L } from "../wasm/instructions.ts";
import type { ModuleBuilder } from "../wasm/module-builder.ts";
import type { Kernel } from "./kernel.ts";

/** Between these limits, a sum of squares has not overflowed and not lost relevant bits by underflow. */
const safe = [2 ** -960, 2 ** 1020] as const;

function sumOfSquares(f: FunctionBuilder, values: readonly Expression[]): Expression {
  if (values.length === 1) return F.mul(values[0], values[0]);
  const half = (values.length + 1) >> 1;
  return F.add(sumOfSquares(f, values.slice(0, half)), sumOfSquares(f, values.slice(half)));
}

/** For sums outside the safe range: the values are scaled by the largest one's power of two. Infinite if any value is, else NaN if any is. */
function farHypot(values: readonly Expression[], m: ModuleBuilder): Expression {
  const params = values.map(() => "f64" as const);
  const far = m.shared(`kernel far hypot ${values.length}`, params, "f64", (body) => {
    const sizes = body.params.map((value) => body.keep(F.abs(value)));
    const infinity = f64(Number.POSITIVE_INFINITY);
    for (const size of sizes) body.if(F.eq(size, infinity), () => body.return(infinity));
    const largest = body.keep(sizes.reduce((a, b) => F.max(a, b)));
    body.if(I.eqz(F.gt(largest, f64(0))), () => body.return(largest));
    const bits = L.and(L.fromBits(F.max(largest, f64(2 ** -1000))), i64(0x7ff0000000000000n));
    const power = body.keep(F.fromBits(bits));
    // 1 / power may be subnormal, which is exact too.
    const inverse = body.keep(F.div(f64(1), power));
    const scaled = sizes.map((size) => body.keep(F.mul(size, inverse)));
    body.return(F.mul(F.sqrt(sumOfSquares(body, scaled)), power));
  });
  return call(far, ...values);
}

export const hypot: Kernel = {
  name: "hypot",
  params: 2,
  inline: true,
  build(f, args, m) {
    const sum = f.keep(sumOfSquares(f, args));
    const result = f.variable(F.sqrt(sum));
    const inside = I.and(F.ge(sum, f64(safe[0])), F.le(sum, f64(safe[1])));
    f.if(I.eqz(inside), () => f.set(result, farHypot(args, m)));
    return result;
  },
};

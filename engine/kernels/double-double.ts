/**
 * Numbers as unevaluated sums high + low of two float64, about 106 bits, for the places where 53 are not enough: reductions,
 * and logarithms that a power multiplies. Nothing here guards against overflow or underflow.
 */
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import { type Expression, F, i64, L } from "../wasm/instructions.ts";

export interface DoubleDouble {
  readonly high: Expression;
  readonly low: Expression;
}

/** high + low = a + b exactly, for |a| >= |b| or a = 0. */
export function exactSum(f: FunctionBuilder, a: Expression, b: Expression): DoubleDouble {
  const x = f.keep(a);
  const y = f.keep(b);
  const high = f.keep(F.add(x, y));
  return { high, low: f.keep(F.sub(y, F.sub(high, x))) };
}

/** The upper 26 bits of a float64; the rest has at most 27. */
const upper = (f: FunctionBuilder, x: Expression): Expression => f.keep(F.fromBits(L.and(L.fromBits(x), i64(-(2n ** 27n)))));

/** high = a * b rounded, high + low = a * b within 2^-105 of it (there is no fused multiply-add to ask). */
export function exactProduct(f: FunctionBuilder, a: Expression, b: Expression): DoubleDouble {
  const x = f.keep(a);
  const y = f.keep(b);
  const high = f.keep(F.mul(x, y));
  const xh = upper(f, x);
  const yh = upper(f, y);
  const xl = f.keep(F.sub(x, xh));
  const yl = f.keep(F.sub(y, yh));
  const rest = F.add(F.add(F.sub(F.mul(xh, yh), high), F.mul(xh, yl)), F.mul(xl, yh));
  return { high, low: f.keep(F.add(rest, F.mul(xl, yl))) };
}

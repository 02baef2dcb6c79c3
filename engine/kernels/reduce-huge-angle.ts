/**
 * Payne and Hanek's reduction: the angle times 2/pi in integers, with as many bits of 2/pi as its exponent asks for. Bits of
 * 2/pi that only add multiples of four quadrants are left out; 192 are used, so what is cut is below 2^-137 quadrants, while
 * no float64 comes nearer than 2^-62 to a multiple of pi/2.
 */
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import { call, type Expression, F, type FunctionReference, f64, I, i64, L, select } from "../wasm/instructions.ts";
import type { ModuleBuilder } from "../wasm/module-builder.ts";
import { exactProduct } from "./double-double.ts";

/** 2/pi = sum of words[k] / 2^(64 k + 64). */
const words = [
  0xa2f9836e4e441529n,
  0xfc2757d1f534ddc0n,
  0xdb6295993c439041n,
  0xfe5163abdebbc561n,
  0xb7246e3a424dd2e0n,
  0x06492eea09d1921cn,
  0xfe1deb1cb129a73en,
  0xe88235f52ebb4484n,
  0xe99c7026b45f7e41n,
  0x3991d639835339f4n,
  0x9c845f8bbdf9283bn,
  0x1ff897ffde05980fn,
  0xef2f118b5a0a6d1fn,
  0x6d367ecf27cb09b7n,
  0x4f463f669e5fea2dn,
  0x7527bac7ebe5f17bn,
  0x3d0739f78a5292ean,
  0x6bfb5fb11f8d5d08n,
  0x56033046fc7b6babn,
] as const;
const halfPi = [1.5707963267948966, 6.123233995736766e-17] as const;
const two = (exponent: Expression): Expression => F.fromBits(L.shl(L.add(exponent, i64(1023n)), i64(52n)));

/** words[index] (i64), 0 outside. */
function word(m: ModuleBuilder): FunctionReference {
  return m.shared("kernel word of 2/pi", ["i64"], "i64", (f) => {
    const index = f.params[0]!;
    words.forEach((bits, k) => {
      f.if(L.eq(index, i64(BigInt(k))), () => f.return(i64(bits)));
    });
    f.return(i64(0n));
  });
}

/** 64 bits of 2/pi from bit `position` on; bit 0 is worth 1/2, bits before it are 0. */
function window(f: FunctionBuilder, position: Expression, m: ModuleBuilder): Expression {
  const index = f.keep(L.shrS(position, i64(6n)));
  const shift = f.keep(L.and(position, i64(63n)));
  const high = L.shl(call(word(m), index), shift);
  // Two shifts: one by 64 would be one by 0.
  const low = L.shrU(L.shrU(call(word(m), L.add(index, i64(1n))), L.sub(i64(63n), shift)), i64(1n));
  return f.keep(L.or(high, low));
}

/** High 64 bits of a * b, both unsigned. */
function productHigh(f: FunctionBuilder, a: Expression, b: Expression): Expression {
  const low = (x: Expression): Expression => L.and(x, i64(0xffffffffn));
  const high = (x: Expression): Expression => L.shrU(x, i64(32n));
  const cross = f.keep(L.add(L.mul(high(a), low(b)), high(L.mul(low(a), low(b)))));
  const other = f.keep(L.add(L.mul(low(a), high(b)), low(cross)));
  return L.add(L.mul(high(a), high(b)), L.add(high(cross), high(other)));
}

/**
 * `(x, part)`: part 0 gives the quadrant, 0 to 3, part 1 the remainder, part 2 its excess, as `reduceAngle` wants them, for
 * |x| >= 2^20. All are NaN for infinities and NaN.
 */
export function hugeAngle(m: ModuleBuilder): FunctionReference {
  return m.shared("kernel huge angle", ["f64", "f64"], "f64", (f) => {
    const [x, part] = f.params as readonly [Expression, Expression];
    f.if(I.eqz(F.lt(F.abs(x), f64(Number.POSITIVE_INFINITY))), () => f.return(F.sub(x, x)));
    const bits = f.keep(L.fromBits(F.abs(x)));
    const mantissa = f.keep(L.or(L.and(bits, i64(2n ** 52n - 1n)), i64(2n ** 52n)));
    // |x| = mantissa * 2^(exponent - 1075); the first bit of 2/pi that matters is the one worth 2 quadrants after multiplying.
    const position = f.keep(L.sub(L.shrU(bits, i64(52n)), i64(1077n)));
    const w2 = window(f, position, m);
    const w1 = window(f, L.add(position, i64(64n)), m);
    const w0 = window(f, L.add(position, i64(128n)), m);
    const low = f.keep(L.mul(mantissa, w1));
    const p1 = f.keep(L.add(low, productHigh(f, mantissa, w0)));
    const carry = L.fromU32(L.ltU(p1, low));
    const p2 = f.keep(L.add(L.add(L.mul(mantissa, w2), productHigh(f, mantissa, w1)), carry));

    // p2:p1 / 2^126 quadrants. Rounded to the nearest quadrant, a signed fraction of 128 bits stays.
    const high = f.variable(L.or(L.shl(p2, i64(2n)), L.shrU(p1, i64(62n))));
    const rest = f.variable(L.shl(p1, i64(2n)));
    const above = f.keep(L.shrU(high, i64(63n)));
    const quadrant = f.keep(L.add(L.shrU(p2, i64(62n)), above));
    const negative = f.keep(L.lt(L.fromBits(x), i64(0n)));
    f.if(F.eq(part, f64(0)), () => {
      f.return(F.fromI64(L.and(select(negative, L.sub(i64(0n), quadrant), quadrant), i64(3n))));
    });
    f.if(L.ne(above, i64(0n)), () => {
      f.set(high, L.xor(high, i64(-1n)));
      f.set(rest, L.xor(rest, i64(-1n)));
    });
    const shift = f.keep(L.clz(high));
    const lead = f.keep(L.or(L.shl(high, shift), L.shrU(L.shrU(rest, L.sub(i64(63n), shift)), i64(1n))));
    const next = L.shl(rest, shift);
    // The fraction's first 53 bits, and the 53 after them.
    const a = f.keep(F.mul(F.fromI64(L.shrU(lead, i64(11n))), two(L.sub(i64(-53n), shift))));
    const below = L.or(L.shl(L.and(lead, i64(0x7ffn)), i64(42n)), L.shrU(next, i64(22n)));
    const b = f.keep(F.mul(F.fromI64(below), two(L.sub(i64(-106n), shift))));
    const product = exactProduct(f, a, f64(halfPi[0]));
    const tail = f.keep(F.add(product.low, F.add(F.mul(a, f64(halfPi[1])), F.mul(b, f64(halfPi[0])))));
    const remainder = f.keep(F.add(product.high, tail));
    const excess = F.sub(F.sub(remainder, product.high), tail);
    const sign = L.xor(L.and(L.fromBits(x), i64(-(2n ** 63n))), L.shl(above, i64(63n)));
    f.return(F.fromBits(L.xor(L.fromBits(select(F.eq(part, f64(1)), remainder, excess)), sign)));
  });
}

/**
 * Sums in double-double: a float64 and its rounding error, together about 106 bits. With only 53 bits, rounding would swamp the variance of samples
 * far from zero. Each operation is here twice, in JavaScript and as emitted code; both give the same bits. A sum beyond the range of float64 is
 * infinite, with the rest 0.
 */
import { exactProduct, exactSum } from "../kernels/double-double.ts";
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import { call, type Expression, F, type FunctionReference, f64, I, i32, load, select, store } from "../wasm/instructions.ts";
import type { ModuleBuilder, Writer } from "../wasm/module-builder.ts";
import type { Contents } from "./storage-kind.ts";

interface Pair {
  readonly high: number;
  readonly low: number;
}

interface PairCode {
  readonly high: Expression;
  /** Absent if it is 0. */
  readonly low?: Expression | undefined;
}

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);

/** The number without the lower 27 bits of its significand. */
function upper(value: number): number {
  float[0] = value;
  words[0] &= 0xf800_0000;
  return float[0];
}

/** `(high + low) · factor`. */
export function product({ high, low }: Pair, factor: number): Pair {
  const whole = high * factor;
  const [a, b] = [upper(high), upper(factor)];
  const [c, d] = [high - a, factor - b];
  const rest = a * b - whole + a * d + c * b + c * d + low * factor;
  return { high: whole, low: Number.isNaN(rest) ? 0 : rest };
}

/** Emits code for `product`. */
export function emitProduct(f: FunctionBuilder, { high, low }: PairCode, factor: Expression): PairCode {
  const whole = exactProduct(f, high, factor);
  const rest = f.keep(low ? F.add(whole.low, F.mul(low, factor)) : whole.low);
  return { high: whole.high, low: f.keep(orZero(rest)) };
}

const orZero = (value: Expression): Expression => select(F.eq(value, value), value, f64(0));

/** Adds a pair to the sum of one cell. */
export function addPair(sums: Float64Array, rests: Float64Array, cell: number, { high, low }: Pair): void {
  const [one, rest] = [sums[cell], rests[cell]];
  const total = one + high;
  if (!Number.isFinite(total)) {
    sums[cell] = total;
    rests[cell] = 0;
    return;
  }
  const lost = twoSumError(one, high, total);
  const rests2 = rest + low;
  const first = quickSum(total, lost + rests2);
  const second = quickSum(first.high, first.low + twoSumError(rest, low, rests2));
  sums[cell] = second.high;
  rests[cell] = second.low;
}

/** The rounding error of `sum` = one + other, exactly. */
function twoSumError(one: number, other: number, sum: number): number {
  const added = sum - one;
  return one - (sum - added) + (other - added);
}

/** The sum of two numbers and its rounding error; needs |one| ≥ |other|. */
function quickSum(one: number, other: number): Pair {
  const high = one + other;
  const low = other - (high - one);
  return { high, low: Number.isNaN(low) ? 0 : low };
}

/** Emits code for `addPair`: the sum is at `address + offset`, its rest eight bytes later. */
export function emitAddPair(
  { f, m }: Writer,
  { address, offset }: { readonly address: Expression; readonly offset: number },
  { high, low }: PairCode,
): void {
  f.keep(call(addTo(m), I.add(address, i32(offset)), high, low ?? f64(0)));
}

function addTo(m: ModuleBuilder): FunctionReference {
  return m.shared("add double-double", ["i32", "f64", "f64"], "i32", (f) => {
    const [address, high, low] = f.params;
    const error = (one: Expression, other: Expression, sum: Expression): Expression => {
      const added = f.keep(F.sub(sum, one));
      return f.keep(F.add(F.sub(one, F.sub(sum, added)), F.sub(other, added)));
    };
    const one = f.keep(load.f64(address));
    const rest = f.keep(load.f64(address, 8));
    const total = f.keep(F.add(one, high));
    f.store(store.f64, address, total);
    f.store(store.f64, address, f64(0), 8);
    f.if(F.lt(F.abs(total), f64(Number.POSITIVE_INFINITY)), () => {
      const rests = f.keep(F.add(rest, low));
      const first = exactSum(f, total, F.add(error(one, high, total), rests));
      const second = exactSum(f, first.high, F.add(orZero(first.low), error(rest, low, rests)));
      f.store(store.f64, address, second.high);
      f.store(store.f64, address, orZero(second.low), 8);
    });
    f.return(i32(0));
  });
}

/**
 * For each cell the mean, and the sum of squared deviations from it: Σw(x − mean)² = Σwx² − (Σwx)² / Σw. Both are 0 where `weights`, Σw, is 0. A
 * deviation is infinite where a sum left the range of float64.
 */
export function spreadOf(
  { sums, sumRests, squares, squareRests }: Contents,
  weights: Float64Array,
): { readonly means: Float64Array; readonly deviations: Float64Array } {
  const means = sums.map((sum, cell) => (weights[cell] === 0 ? 0 : sum / weights[cell]));
  const deviations = sums.map((high, cell) => {
    const weight = weights[cell];
    if (weight === 0) return 0;
    const low = sumRests[cell];
    const square = product({ high, low }, high);
    const whole = { high: square.high, low: square.low + high * low };
    // The quotient in two steps: `rest` is the remainder of the first division, divided again.
    const quotient = whole.high / weight;
    const back = product({ high: quotient, low: 0 }, weight);
    const rest = (whole.high - back.high + (whole.low - back.low)) / weight;
    const difference = squares[cell] - quotient;
    const deviation = difference + (twoSumError(squares[cell], -quotient, difference) + (squareRests[cell] - rest));
    return Number.isFinite(deviation) ? Math.max(0, deviation) : Number.POSITIVE_INFINITY;
  });
  return { means, deviations };
}

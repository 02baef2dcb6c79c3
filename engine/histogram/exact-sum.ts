/**
 * Sums of float64 values without any error, rounded once when they are read: the same bits for every order of adding.
 *
 * Each sum is an expansion: components that do not overlap, of growing size, whose exact sum is the sum so far (J. R.
 * Shewchuk, Adaptive Precision Floating-Point Arithmetic, 1997). Memory is a few float64 for each sum, whatever was added.
 * A sum may leave the range of float64 and come back; read where it is beyond, it is infinite. An infinite value makes its sum infinite for good.
 */

/** 2^1024, the first power of two beyond float64, as half of it and its quarter. */
const half = 2 ** 1023;
const quarter = 2 ** 1022;

export class ExactSums {
  readonly length: number;
  /** `#components[k][i]` is component k of sum i, smallest first; valid for k < #counts[i]. */
  readonly #components: Float64Array[] = [];
  readonly #counts: Uint8Array;
  /** How many times 2^1024 belongs to a sum besides its components; most have none. */
  readonly #overflows = new Map<number, number>();

  constructor(length: number) {
    this.length = length;
    this.#counts = new Uint8Array(length);
  }

  add(index: number, value: number): void {
    if (value === 0) return;
    let rest = value;
    let kept = 0;
    for (let k = 0; k < this.#counts[index]; k++) {
      const component = this.#components[k][index];
      const sum = rest + component;
      // Of the larger one nothing is lost that the sum does not have, and near the end of the range nothing here overflows.
      const error = Math.abs(rest) > Math.abs(component) ? component - (sum - rest) : rest - (sum - component);
      if (error !== 0) {
        if (Number.isFinite(sum)) this.#put(kept++, index, error);
        else if (Number.isFinite(rest) && Number.isFinite(component)) {
          const { left, lost } = this.#takeOverflow(index, rest, component);
          if (lost !== 0) this.#put(kept++, index, lost);
          rest = left;
          continue;
        }
      }
      rest = sum;
    }
    this.#put(kept++, index, rest);
    this.#counts[index] = kept;
  }

  /** Of a sum of two that is beyond the range, counts 2^1024 apart; what is left of it, and what was lost to rounding. */
  #takeOverflow(index: number, one: number, other: number): { readonly left: number; readonly lost: number } {
    const [a, b] = [one / 2, other / 2];
    const halfSum = a + b;
    const fromB = halfSum - a;
    const sign = Math.sign(halfSum);
    this.#overflows.set(index, (this.#overflows.get(index) ?? 0) + sign);
    return { left: 2 * (halfSum - sign * half), lost: 2 * (a - (halfSum - fromB) + (b - fromB)) };
  }

  #put(k: number, index: number, value: number): void {
    if (k === this.#components.length) this.#components.push(new Float64Array(this.length));
    this.#components[k][index] = value;
  }

  /** The float64 nearest to the exact sum; a tie goes to the even one. */
  read(index: number): number {
    const overflows = this.#overflows.size === 0 ? 0 : (this.#overflows.get(index) ?? 0);
    if (overflows !== 0) return this.#readBeyond(index, overflows);
    let k = this.#counts[index] - 1;
    if (k < 0) return 0;
    let total = this.#components[k][index];
    let error = 0;
    while (k > 0 && error === 0) {
      const component = this.#components[--k][index];
      const sum = total + component;
      error = component - (sum - total);
      total = sum;
    }
    if (error === 0 || k === 0) return total;
    // `total` was rounded to even at a tie that the remaining components break.
    const next = this.#components[k - 1][index];
    const doubled = error * 2;
    const other = total + doubled;
    return next > 0 === error > 0 && other - total === doubled ? other : total;
  }

  /** Of a quarter of the sum. Components whose quarter is not exact are so small that they tell no more than by their sign to which side it is rounded. */
  #readBeyond(index: number, overflows: number): number {
    const top = this.#counts[index] === 0 ? 0 : this.#components[this.#counts[index] - 1][index];
    if (!Number.isFinite(top)) return top;
    // What the components make together is less than 2^1024.
    if (Math.abs(overflows) > 1) return overflows * Number.POSITIVE_INFINITY;
    const quarters = new ExactSums(1);
    for (let k = 0; k < this.#counts[index]; k++) {
      const component = this.#components[k][index];
      quarters.add(0, Math.abs(component) < 2 ** -900 ? component : component / 4);
    }
    quarters.add(0, overflows * quarter);
    return 4 * quarters.read(0);
  }

  /** What the exact sum has more than `read` gives, rounded; 0 where that is infinite. */
  readRest(index: number): number {
    const overflows = this.#overflows.get(index) ?? 0;
    const rounded = this.read(index);
    if ((this.#counts[index] < 2 && overflows === 0) || !Number.isFinite(rounded)) return 0;
    const left = new ExactSums(1);
    left.add(0, -rounded);
    left.addSum(0, this, index);
    return left.read(0);
  }

  /** Adds a sum as it is, without rounding it. */
  addSum(index: number, others: ExactSums, other: number): void {
    for (let k = 0; k < others.#counts[other]; k++) this.add(index, others.#components[k][other]);
    const overflows = others.#overflows.get(other) ?? 0;
    for (let halves = 2 * Math.abs(overflows); halves > 0; halves--) this.add(index, Math.sign(overflows) * half);
  }

  readRests(): Float64Array {
    return Float64Array.from({ length: this.length }, (_, index) => this.readRest(index));
  }

  readAll(): Float64Array {
    return Float64Array.from({ length: this.length }, (_, index) => this.read(index));
  }
}

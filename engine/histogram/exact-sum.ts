/**
 * Sums of float64 values without any error, rounded once when they are read: the same bits for every order of adding.
 *
 * Each sum is an expansion: components that do not overlap, of growing size, whose exact sum is the sum so far (J. R.
 * Shewchuk, Adaptive Precision Floating-Point Arithmetic, 1997). It takes a few float64 for each sum, whatever was added.
 * A sum may leave the range of float64 and come back; while it is beyond, it reads as infinite. After an infinite value it stays infinite.
 */

/** Half and a quarter of 2^1024, which is the first power of two beyond float64. */
const half = 2 ** 1023;
const quarter = 2 ** 1022;

export class ExactSums {
  readonly length: number;
  /** `#components[k][i]` is component k of sum i, smallest first; valid for k < #counts[i]. */
  readonly #components: Float64Array[] = [];
  readonly #counts: Uint8Array;
  /** By the number of a sum: how many times 2^1024 must be added to its components. Absent for sums that never left the range. */
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
      // The rounding error is exact in this order of subtracting, from the larger number, and it does not overflow near the end of the range.
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

  /** For two numbers whose sum is beyond float64: counts ±2^1024 apart, and returns what is left of the sum and its rounding error. */
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

  /**
   * Reads a sum whose components lack some 2^1024, by adding quarters of everything. Components too small for an exact quarter are added as
   * they are: next to the others, only their sign matters, which decides the rounding.
   */
  #readBeyond(index: number, overflows: number): number {
    const top = this.#counts[index] === 0 ? 0 : this.#components[this.#counts[index] - 1][index];
    if (!Number.isFinite(top)) return top;
    // The components together are less than 2^1024, so they cannot bring two of it back into the range.
    if (Math.abs(overflows) > 1) return overflows * Number.POSITIVE_INFINITY;
    const quarters = new ExactSums(1);
    for (let k = 0; k < this.#counts[index]; k++) {
      const component = this.#components[k][index];
      quarters.add(0, Math.abs(component) < 2 ** -900 ? component : component / 4);
    }
    quarters.add(0, overflows * quarter);
    return 4 * quarters.read(0);
  }

  /** The exact sum minus `read`, rounded to float64; 0 if `read` is infinite. */
  readRest(index: number): number {
    const overflows = this.#overflows.get(index) ?? 0;
    const rounded = this.read(index);
    if ((this.#counts[index] < 2 && overflows === 0) || !Number.isFinite(rounded)) return 0;
    const left = new ExactSums(1);
    left.add(0, -rounded);
    left.addSum(0, this, index);
    return left.read(0);
  }

  /** Adds another sum exactly, before any rounding. */
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

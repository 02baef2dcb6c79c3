/**
 * Sums of float64 values without any error, rounded once when they are read: the same bits for every order of adding.
 *
 * Each sum is an expansion: components that do not overlap, of growing size, whose exact sum is the sum so far (J. R.
 * Shewchuk, Adaptive Precision Floating-Point Arithmetic, 1997). Memory is a few float64 for each sum, whatever was added.
 * A sum that leaves the range of float64 stays infinite.
 */
export class ExactSums {
  readonly length: number;
  /** `#components[k][i]` is component k of sum i, smallest first; valid for k < #counts[i]. */
  readonly #components: Float64Array[] = [];
  readonly #counts: Uint8Array;

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
      const fromComponent = sum - rest;
      const error = rest - (sum - fromComponent) + (component - fromComponent);
      if (error !== 0 && Number.isFinite(sum)) this.#put(kept++, index, error);
      rest = sum;
    }
    this.#put(kept++, index, rest);
    this.#counts[index] = kept;
  }

  #put(k: number, index: number, value: number): void {
    if (k === this.#components.length) this.#components.push(new Float64Array(this.length));
    this.#components[k][index] = value;
  }

  /** The float64 nearest to the exact sum; a tie goes to the even one. */
  read(index: number): number {
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

  readAll(): Float64Array {
    return Float64Array.from({ length: this.length }, (_, index) => this.read(index));
  }
}

/**
 * Random numbers that are the same on every host: xoshiro128** (Blackman, Vigna), seeded by splitmix32, and the distributions that the
 * demo needs. Built on + - * / sqrt and our own logarithm, as `Math.log` differs between hosts in the last bit.
 */
import { cosine, logarithm, raise, sine } from "./portable-functions.ts";

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number) {
    let state = seed | 0;
    const next = () => {
      state = (state + 0x9e3779b9) | 0;
      let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      return mixed ^ (mixed >>> 15);
    };
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#d = next();
  }

  /** In (0, 1), 32 random bits. */
  uniform(): number {
    const times5 = Math.imul(this.#b, 5);
    const result = Math.imul((times5 << 7) | (times5 >>> 25), 9);
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return ((result >>> 0) + 0.5) * 2 ** -32;
  }

  between(lower: number, upper: number): number {
    return lower + (upper - lower) * this.uniform();
  }

  /** Mean 1. */
  exponential(): number {
    return -logarithm(this.uniform());
  }

  /** Mean 0, standard deviation 1 (Box and Muller). */
  gauss(): number {
    return Math.sqrt(2 * this.exponential()) * cosine(2 * Math.PI * this.uniform());
  }

  /** Breit–Wigner (Cauchy) about 0 with full width 1 at half maximum. */
  breitWigner(): number {
    const angle = Math.PI * (this.uniform() - 0.5);
    return (0.5 * sine(angle)) / cosine(angle);
  }

  /** Density falling as x^−`power` on [lower, upper]; `power` is not 1. */
  powerLaw(lower: number, upper: number, power: number): number {
    const from = raise(lower, 1 - power);
    const to = raise(upper, 1 - power);
    return raise(from + (to - from) * this.uniform(), 1 / (1 - power));
  }

  sign(): 1 | -1 {
    return this.uniform() < 0.5 ? -1 : 1;
  }
}

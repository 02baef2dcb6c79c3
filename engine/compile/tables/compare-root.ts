/**
 * Compares a square root with a constant without computing the root. A correctly rounded root grows with its argument, so there is a least float64
 * whose root is at least the constant; the argument is compared with that.
 */
import type { Operation, Term } from "../../program/term.ts";

/** A comparison of the argument with a limit; for example, `root(x) < c` becomes `x < limit`. */
interface Limited {
  readonly argument: Term;
  readonly limit: number;
  /** Whether it is true below the limit; otherwise from the limit on. It is never true for NaN. */
  readonly isBelow: boolean;
}

/** For each comparison: whether the root must be below the limit, and whether the limit is the least argument with a root above the constant. */
const comparisons: Partial<Readonly<Record<Operation, { readonly isBelow: boolean; readonly isBeyond: boolean }>>> = {
  less: { isBelow: true, isBeyond: false },
  "less-equal": { isBelow: true, isBeyond: true },
  greater: { isBelow: false, isBeyond: true },
  "greater-equal": { isBelow: false, isBeyond: false },
};

export function withoutRoot({ operation, args: [root, constant] }: Term): Limited | undefined {
  const comparison = comparisons[operation];
  if (!comparison || root.operation !== "function" || constant.operation !== "number") return undefined;
  const [argument] = root.args;
  const isRoot = root.literal === "signedSqrt" || (root.literal === "sqrt" && isNeverNegative(argument));
  const value = Number(constant.literal);
  // Only for constants whose squares are normal numbers.
  if (!isRoot || !(value === 0 || (value > 1e-140 && value < 1e140))) return undefined;
  return { argument, limit: leastWithRoot(value, comparison.isBeyond), isBelow: comparison.isBelow };
}

const isNeverNegative = ({ operation, args }: Term): boolean =>
  (operation === "multiply" && args[0] === args[1]) || (operation === "add" && args.every(isNeverNegative));

/** The least float64 whose root is at least `value` or, with `isBeyond`, greater than it. */
function leastWithRoot(value: number, isBeyond: boolean): number {
  const isEnough = (x: number) => (isBeyond ? Math.sqrt(x) > value : Math.sqrt(x) >= value);
  const bits = new BigInt64Array(1);
  const float = new Float64Array(bits.buffer);
  float[0] = value * value;
  while (bits[0] > 0n && isEnough(float[0])) bits[0]--;
  while (!isEnough(float[0])) bits[0]++;
  return float[0];
}

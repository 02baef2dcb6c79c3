/**
 * The functions of the language over JavaScript numbers. Those that IEEE 754 does not define are the engine's own kernels, each
 * compiled on its own (their accuracy is tested elsewhere), so that whole expressions can be compared bit by bit.
 */
import { cosOfBoth, kernelFunction, powerFunction, sinOfBoth } from "../../engine/kernel-functions.ts";

const kernel = (name: string) => kernelFunction(name);
const ofMany = new Map<number, (...args: readonly number[]) => number>();
const powers = new Map<number, (x: number) => number>();

function hypot(...args: readonly number[]): number {
  if (args.length === 1) return Math.abs(args[0]);
  if (!ofMany.has(args.length)) ofMany.set(args.length, kernelFunction("hypot", args.length));
  return ofMany.get(args.length)!(...args);
}

/** Computes `x ** exponent` for an exponent that is written as a number. */
export function literalPower(x: number, exponent: number): number {
  if (!powers.has(exponent)) powers.set(exponent, powerFunction(exponent));
  return powers.get(exponent)!(x);
}

/** In (−π, π]. */
export function wrapAngle(x: number): number {
  const turn = 2 * Math.PI;
  const near = Math.abs(x) > 3 * Math.PI ? x - turn * roundHalfToEven(x / turn) : x;
  if (near > Math.PI) return near - turn;
  return near <= -Math.PI ? near + turn : near;
}

function roundHalfToEven(x: number): number {
  const down = Math.floor(x);
  if (!Number.isFinite(x) || x - down !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
}

export const asinh = kernel("asinh");
export const pow = kernel("pow");
export const functionsOfOne = {
  abs: Math.abs,
  sqrt: Math.sqrt,
  cbrt: kernel("cbrt"),
  exp: kernel("exp"),
  log: kernel("log"),
  log10: kernel("log10"),
  log2: kernel("log2"),
  sin: sinOfBoth,
  cos: cosOfBoth,
  tan: kernel("tan"),
  asin: kernel("asin"),
  acos: kernel("acos"),
  atan: kernel("atan"),
  sinh: kernel("sinh"),
  cosh: kernel("cosh"),
  tanh: kernel("tanh"),
  floor: Math.floor,
  ceil: Math.ceil,
  round: Math.round,
  trunc: Math.trunc,
  sign: Math.sign,
  fround: Math.fround,
} as const;

/** The functions from numbers to numbers, by name. */
export const numberFunctions: Readonly<Record<string, (...args: readonly number[]) => number>> = {
  ...functionsOfOne,
  atan2: kernel("atan2"),
  pow,
  hypot,
  min: Math.min,
  max: Math.max,
};

/** Indexes of numbers, the smallest first, equal ones in order, those that are missing or NaN last. */
export function orderBy(keys: readonly unknown[]): readonly number[] {
  const isKey = (index: number) => typeof keys[index] === "bigint" || (typeof keys[index] === "number" && !Number.isNaN(keys[index]));
  const difference = (a: number, b: number) =>
    Number((keys[a] as number) > (keys[b] as number)) - Number((keys[a] as number) < (keys[b] as number));
  return [...keys.keys()].sort((a, b) => Number(isKey(b)) - Number(isKey(a)) || (isKey(a) ? difference(a, b) : 0));
}

/**
 * Bounds of functions of numbers: for monotone functions and simple combinations of them; any other function may return anything. The results of our
 * own kernels are exact only to two units in the last place and may not be monotone there, so of them only the sign is bounded.
 */
import type { Bounds } from "./bounds.ts";
import { absolute, anyNumber, largest, least, type NumberBounds, rising, squareRoot } from "./number-bounds.ts";

type OfNumbers = (...args: readonly NumberBounds[]) => NumberBounds;

/** At least 0; may be NaN; may be missing if an argument may be. */
const notNegative: OfNumbers = (...args) => ({ ...anyNumber, low: 0, missing: args.some(({ missing }) => missing) });

const functions: ReadonlyMap<string, OfNumbers> = new Map<string, OfNumbers>([
  ["abs", (x) => absolute(x)],
  ["sqrt", (x) => squareRoot(x)],
  ["floor", (x) => rising(Math.floor)(x)],
  ["ceil", (x) => rising(Math.ceil)(x)],
  ["trunc", (x) => rising(Math.trunc)(x)],
  ["round", (x) => rising(Math.round)(x)],
  ["sign", (x) => rising(Math.sign)(x)],
  ["fround", (x) => rising(Math.fround)(x)],
  ["min", least],
  ["max", largest],
  ["exp", notNegative],
  ["hypot", notNegative],
]);

export function boundFunction(name: string, args: readonly NumberBounds[]): Bounds {
  const missing = args.some((each) => each.missing);
  if (name === "isNaN") {
    const [{ low, high, nan }] = args;
    return { kind: "truth", yes: nan, no: low <= high, missing };
  }
  return { kind: "number", ...(functions.get(name)?.(...args) ?? { ...anyNumber, missing }) };
}

/** The mathematical functions of the query language that are not a WebAssembly instruction. */
import { log2, log10 } from "./double-logarithm.ts";
import { exp } from "./exponential.ts";
import { cosh, sinh, tanh } from "./hyperbolic.ts";
import { hypot } from "./hypotenuse.ts";
import { asinh } from "./inverse-hyperbolic.ts";
import { acos, asin, atan, atan2 } from "./inverse-trigonometry.ts";
import type { Kernel } from "./kernel.ts";
import { log } from "./logarithm.ts";
import { cbrt, pow } from "./power.ts";
import { remainder } from "./remainder.ts";
import { round, sign } from "./rounding.ts";
import { cos, sin, tan } from "./trigonometry.ts";

export { callKernel, type Kernel } from "./kernel.ts";
export { sinCos } from "./trigonometry.ts";

/** The kernels by name. `remainder` serves `%`, `pow` also serves `**`, and `hypot` takes any number of arguments. */
export const kernels: Readonly<Record<string, Kernel>> = {
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  atan2,
  sinh,
  cosh,
  tanh,
  asinh,
  exp,
  log,
  log2,
  log10,
  pow,
  cbrt,
  hypot,
  round,
  sign,
  remainder,
};

/** The mathematical functions of the query language that are not a WebAssembly instruction. */
import { exp } from "./exponential.ts";
import { cosh, sinh } from "./hyperbolic.ts";
import type { Kernel } from "./kernel.ts";
import { log } from "./logarithm.ts";
import { cos, sin } from "./trigonometry.ts";

export { callKernel, type Kernel } from "./kernel.ts";
export { sinCos } from "./trigonometry.ts";

export const kernels: Readonly<Record<string, Kernel>> = { sin, cos, sinh, cosh, exp, log };

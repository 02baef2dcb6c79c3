/** The interface of mathematical kernels, and how a program calls one. */
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import { call, type Expression } from "../wasm/instructions.ts";
import type { ModuleBuilder } from "../wasm/module-builder.ts";

/**
 * A function of float64 values written in WebAssembly's exact operations only, so that it has the same bits on every host
 * (the payload of a NaN excepted), with JavaScript's special cases and at most 2 ulp from the true value.
 */
export interface Kernel {
  readonly name: string;
  /** The number of arguments, all f64. */
  readonly params: number;
  /** If true, `build` writes the common path in place, and must not return from the function around it. */
  readonly inline: boolean;
  /** `args` are locals or constants. The result is a tree: keep it before it is used twice. */
  build(f: FunctionBuilder, args: readonly Expression[], m: ModuleBuilder): Expression;
}

/** The kernel's value for `args`: written in place, or by calling a function that the module gets once. */
export function callKernel(m: ModuleBuilder, f: FunctionBuilder, kernel: Kernel, args: readonly Expression[]): Expression {
  const kept = args.map((arg) => f.keep(arg));
  if (kernel.inline) return kernel.build(f, kept, m);
  const params = kept.map(() => "f64" as const);
  const reference = m.shared(`kernel ${kernel.name}`, params, "f64", (body) => {
    body.return(kernel.build(body, body.params, m));
  });
  return call(reference, ...kept);
}

/** Kernels as JavaScript functions, and numbers to try them on. */
import { callKernel, kernels, sinCos } from "../../engine/kernels/kernels.ts";
import type { FunctionBuilder } from "../../engine/wasm/function-builder.ts";
import { type Expression, F, f64, I, i32, load, store } from "../../engine/wasm/instructions.ts";
import { ModuleBuilder } from "../../engine/wasm/module-builder.ts";

export type NumberFunction = (...args: readonly number[]) => number;
/** In a loop, as programs call kernels: argument lists in, values out. */
export type BlockFunction = (calls: readonly (readonly number[])[]) => Float64Array;

type Build = (f: FunctionBuilder, args: readonly Expression[], m: ModuleBuilder) => Expression;

const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536, shared: true });

function compile(params: number, build: Build) {
  const m = new ModuleBuilder();
  const types = Array.from({ length: params }, () => "f64" as const);
  m.export(m.define("once", types, "f64", (f) => f.return(build(f, f.params, m))));
  m.export(
    m.define("block", ["i32"], "i32", (f) => {
      f.count(i32(0), f.params[0], (index) => {
        const place = f.keep(I.mul(index, i32(8 * (params + 1))));
        const args = types.map((_, k) => f.keep(load.f64(place, 8 * k)));
        f.store(store.f64, place, build(f, args, m), 8 * params);
      });
      f.return(i32(0));
    }),
  );
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(m.encode()), { env: { memory } });
  return exports as { readonly once: NumberFunction; readonly block: (count: number) => number };
}

/** A function of `params` numbers on its own. */
export function numberFunction(params: number, build: Build): NumberFunction {
  return compile(params, build).once;
}

export function kernelFunction(name: string, params = kernels[name].params): NumberFunction {
  return numberFunction(params, (f, args, m) => callKernel(m, f, kernels[name], args));
}

/** `x ** exponent`, the exponent known when the program is compiled. */
export function powerFunction(exponent: number): NumberFunction {
  return numberFunction(1, (f, [x], m) => callKernel(m, f, kernels.pow, [x, f64(exponent)]));
}

export function blockFunction(name: string): BlockFunction {
  const { params } = kernels[name];
  const { block } = compile(params, (f, args, m) => callKernel(m, f, kernels[name], args));
  return (calls) => {
    const view = new Float64Array(memory.buffer, 0, calls.length * (params + 1));
    calls.forEach((args, k) => {
      view.set(args, k * (params + 1));
    });
    block(calls.length);
    return Float64Array.from(calls, (_, k) => view[k * (params + 1) + params]);
  };
}

export const sinOfBoth = numberFunction(1, (f, [x], m) => sinCos(f, x, m).sin);
export const cosOfBoth = numberFunction(1, (f, [x], m) => sinCos(f, x, m).cos);
/** Both used, so that neither is left out. */
export const sumOfBoth = numberFunction(1, (f, [x], m) => {
  const { sin, cos } = sinCos(f, x, m);
  return F.add(sin, cos);
});

/** Doubles of random bits, and random fractions: the same on every host for the same seed. */
export function randomSource(seed: number): { bits(): number; fraction(): number } {
  let state = seed | 0;
  const view = new DataView(new ArrayBuffer(8));
  const word = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  return {
    bits() {
      view.setUint32(0, word());
      view.setUint32(4, word());
      return view.getFloat64(0);
    },
    fraction: () => word() / 2 ** 32,
  };
}

/** Float64 as integers in the order of the numbers: neighbours differ by 1, -0 and 0 are equal. */
export function orderOf(x: number): bigint {
  const bits = new BigInt64Array(new Float64Array([x]).buffer)[0];
  return bits < 0n ? -(bits & 0x7fffffffffffffffn) : bits;
}

/** A function of modules that sets the constants with slots before a run, so that the code runs with other numbers than those in the module. */
import { type FunctionReference, i32, load, V } from "../../wasm/instructions.ts";
import type { ModuleBuilder } from "../../wasm/module-builder.ts";

/** The name by which the module exports it. */
export const numberSetter = "set numbers";

/** `(address)`: sets the numbers of all slots to the f64 from this address on. Returns the number of slots. Must be defined after all functions with slots. */
export function defineNumberSetter(m: ModuleBuilder, count: number): FunctionReference {
  return m.define(numberSetter, ["i32"], "i32", (f) => {
    const [address] = f.params;
    for (const { index, slot, isWide } of m.slotted) {
      const number = load.f64(address, 8 * slot);
      f.setGlobal(index, isWide ? V.splat(number) : number);
    }
    f.return(i32(count));
  });
}

/** A function of modules whose numbers may be others than those they were written with: sets the constants of the code before it runs. */
import { type FunctionReference, i32, load, V } from "../../wasm/instructions.ts";
import type { ModuleBuilder } from "../../wasm/module-builder.ts";

/** What the module exports it as. */
export const numberSetter = "set numbers";

/** `(address)`: from there on lie the numbers of all slots, f64. Gives how many there are. To be defined after all that uses them. */
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

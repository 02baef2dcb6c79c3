/** A function of modules whose numbers may be others than those they were written with: sets the constants of the code before it runs. */
import { type FunctionReference, I, i32, load, V } from "../../wasm/instructions.ts";
import type { ModuleBuilder } from "../../wasm/module-builder.ts";

/** The name of the module's export. */
export const numberSetter = "set numbers";

/**
 * The second argument with which it sets anything. An earlier release, which may share the store, calls every function that a module exports with the events
 * to add, `(begin, end, …)`: no partition ends at this one, and the module keeps the numbers that it was written with.
 */
export const settingNumbers = -1;

/**
 * Defines `(address, settingNumbers)`, which reads the numbers of all slots (f64) from this address on; it returns how many there are. Must be defined after
 * everything that uses the slots.
 */
export function defineNumberSetter(m: ModuleBuilder, count: number): FunctionReference {
  return m.define(numberSetter, ["i32", "i32"], "i32", (f) => {
    const [address, purpose] = f.params;
    f.if(I.eq(purpose, i32(settingNumbers)), () => {
      for (const { index, slot, isWide } of m.slotted) {
        const number = load.f64(address, 8 * slot);
        f.setGlobal(index, isWide ? V.splat(number) : number);
      }
    });
    f.return(i32(count));
  });
}

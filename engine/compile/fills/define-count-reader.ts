/** A function of every module: it sums the copies of counts and converts them to float64, many times as fast as JavaScript that has run only a few times. */
import { F, type FunctionReference, I, i32, L, load, store } from "../../wasm/instructions.ts";
import type { ModuleBuilder } from "../../wasm/module-builder.ts";

/** The name by which the module exports it. */
export const countReader = "read counts";

/**
 * `(address, cells, cellBytes, copies)`: from the address on lie the counts of all cells, one i64 below 2^53 each, for each copy in turn. Afterwards the
 * counts of the first copy are float64, each the sum of all copies.
 */
export function defineCountReader(m: ModuleBuilder): FunctionReference {
  return m.define(countReader, ["i32", "i32", "i32", "i32"], "i32", (f) => {
    const [address, cells, cellBytes, copies] = f.params;
    const copyBytes = f.keep(I.mul(cells, cellBytes));
    f.count(i32(0), cells, (cell) => {
      const first = f.keep(I.add(address, I.mul(cell, cellBytes)));
      const sum = f.variable(load.i64(first));
      const at = f.variable(first);
      f.count(i32(1), copies, () => {
        f.set(at, I.add(at, copyBytes));
        f.set(sum, L.add(sum, load.i64(at)));
      });
      f.store(store.f64, first, F.fromI64(sum));
    });
    f.return(i32(0));
  });
}

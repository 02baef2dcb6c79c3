/**
 * Writes the filling from a plain column: without filter and weight, with consecutive values in memory. Values are binned two by two in
 * SIMD and counted in four copies of the histogram, since most neighbours fall into the same few bins.
 */

import { kindOf } from "../../axes/axes.ts";
import type { HistogramTerms } from "../../program/program.ts";
import { storages } from "../../storages/storages.ts";
import { type Expression, f64, I, i32, V } from "../../wasm/instructions.ts";
import { numbersOf } from "../alike/number-slots.ts";
import type { ScalarCode } from "../code.ts";
import type { Fill } from "../emit-events.ts";
import type { Emitter } from "../emitter.ts";
import type { HistogramLayout } from "../work-area.ts";
import { addressesFrom } from "./cell-addresses.ts";
import { emitFill } from "./emit-fill.ts";
import type { FlatSource } from "./flat-source.ts";

/** The number of values that one turn of the loop fills. */
const atOnce = 8;

export const isFlatFill = (histogram: HistogramTerms, layout: HistogramLayout): boolean =>
  layout.copies === 4 && !histogram.weight && histogram.axes.length === 1 && kindOf(histogram.axes[0].axis).emitPairs !== undefined;

export function emitFlatFill(emitter: Emitter, { histogram, layout }: Fill, { column, list }: FlatSource): void {
  const [from, to] = (["begin", "end"] as const).map((end) => {
    const event = emitter.param(end);
    return list === undefined ? event : emitter.columns.offset(list, event);
  });
  const { f, keep } = emitter;
  const { axis } = histogram.axes[0];
  const { emitAdd } = storages[histogram.storage];
  const cellsOfTwo = kindOf(axis).emitPairs!(f, axis, { areFloat32: true, numbers: numbersOf(emitter, axis, { areFloat32: true }) });
  const values = emitter.columns.valuesAddress(column);
  // One cell is added to the address, since `cellsOfTwo` gives the numbers of cells minus one.
  const addressesOfTwo = addressesFrom(emitter, keep(I.add(emitter.param("work"), i32(layout.cellBytes))));
  const fillIn = (copy: number, address: Expression) =>
    emitAdd(emitter, { address: keep(address), offset: layout.cells + layout.cellBytes * copy * layout.cellCount }, { weight: f64(1) });
  const index = f.variable(from);
  const last = keep(I.sub(to, i32(atOnce - 1)));
  f.loop((again) => {
    f.if(I.lt(index, last), () => {
      const address = keep(I.add(values, I.shl(index, i32(2))));
      for (let value = 0; value < atOnce; value += 2) {
        const cells = keep(cellsOfTwo(V.promoteLow(V.load64(address, 4 * value))));
        for (const [lane, filled] of addressesOfTwo(cells).entries()) fillIn((value + lane) % layout.copies, filled);
      }
      f.set(index, I.add(index, i32(atOnce)));
      f.branch(again);
    });
  });
  emitter.loop(index, to, (each) => {
    const value: ScalarCode = emitter.columns.read(column, each);
    emitFill(emitter, histogram, layout, { values: [value] });
  });
}

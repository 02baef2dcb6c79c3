/**
 * Writes the filling from a plain column: without filter and weight, with consecutive values in memory. Values are binned two by two in
 * SIMD and counted in four copies of the histogram, since most neighbours fall into the same few bins.
 */

import { kindOf } from "../../axes/axes.ts";
import type { HistogramTerms } from "../../program/program.ts";
import type { Column } from "../../program/schema.ts";
import type { Term } from "../../program/term.ts";
import { storages } from "../../storages/storages.ts";
import { type Expression, f64, I, i32, V } from "../../wasm/instructions.ts";
import { numbersOf } from "../alike/number-slots.ts";
import type { ScalarCode } from "../code.ts";
import type { Fill } from "../emit-events.ts";
import type { Emitter } from "../emitter.ts";
import type { ProgramColumns } from "../loops/program-columns.ts";
import type { HistogramLayout } from "../work-area.ts";
import { addressesFrom } from "./cell-addresses.ts";
import { emitFill } from "./emit-fill.ts";

/** The number of values that one turn of the loop fills. */
const atOnce = 8;

/** A column, and the list whose content it is; without a list, the column has one value per event. */
export interface FlatSource {
  readonly column: Column;
  readonly list?: string;
}

export const isFlatFill = (histogram: HistogramTerms, layout: HistogramLayout): boolean =>
  layout.copies === 4 && !histogram.weight && histogram.axes.length === 1 && kindOf(histogram.axes[0].axis).emitPairs !== undefined;

/** The column that a value reads, if the value is just a column, or a field of a collection, of float32 without missing values. */
export function flatSource(columns: ProgramColumns, value: Term): FlatSource | undefined {
  if (value.operation === "column") return plain({ column: columns.column(String(value.literal)) });
  const body = value.operation === "map" ? value.args[1].args[0] : undefined;
  const field = body?.operation === "field" && body.args[0].operation === "param" ? String(body.literal) : undefined;
  const source = field === undefined ? value : value.args[0];
  if (source.operation !== "collection" || source.args.length > 0) return undefined;
  const list = String(source.literal);
  return plain({ column: columns.fieldColumn(list, field), list });
}

const plain = (source: FlatSource): FlatSource | undefined =>
  source.column.dtype === "float32" && !source.column.nullable ? source : undefined;

export function emitFlatFill(emitter: Emitter, { histogram, layout }: Fill, { column, list }: FlatSource): void {
  const [from, to] = (["begin", "end"] as const).map((end) => {
    const event = emitter.param(end);
    return list === undefined ? event : emitter.columns.offset(list, event);
  });
  const { f, keep } = emitter;
  const { axis } = histogram.axes[0];
  const { emitAdd } = storages[histogram.storage];
  const cellsOfTwo = kindOf(axis).emitPairs!(f, axis, { areFloat32: true, numbers: numbersOf(emitter, axis) });
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

/**
 * Filling from a plain column: no filter, no weight, one value after the other in memory. Four values at a time are binned in
 * SIMD and counted in four copies of the histogram, since most neighbours fall into the same few bins.
 */

import { kindOf } from "../axes/axes.ts";
import type { HistogramTerms } from "../program/program.ts";
import type { Column } from "../program/schema.ts";
import type { Term } from "../program/term.ts";
import { storages } from "../storages/storages.ts";
import { type Expression, f64, I, i32, V } from "../wasm/instructions.ts";
import type { ScalarCode } from "./code.ts";
import type { Fill } from "./emit-events.ts";
import { emitFill } from "./emit-fill.ts";
import type { Emitter } from "./emitter.ts";
import type { ProgramColumns } from "./loops/program-columns.ts";
import type { HistogramLayout } from "./work-area.ts";

/** A column, and the list whose content it is; without one it has a value for each event. */
export interface FlatSource {
  readonly column: Column;
  readonly list?: string;
}

export const isFlatFill = (histogram: HistogramTerms, layout: HistogramLayout): boolean =>
  layout.copies === 4 && !histogram.weight && histogram.axes.length === 1 && kindOf(histogram.axes[0].axis).emitPairs !== undefined;

/** What a value reads, where it is a float32 column without missing values, or one field of a collection. */
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
  const cellsOfTwo = kindOf(axis).emitPairs!(f, axis, { areFloat32: true });
  const values = emitter.columns.valuesAddress(column);
  // What comes in pairs are the numbers of cells less one.
  const second = keep(I.add(emitter.param("work"), i32(layout.cellBytes)));
  const fillIn = (copy: number, cell: Expression) => {
    const address = keep(I.add(second, I.mul(cell, i32(layout.cellBytes))));
    emitAdd(emitter, { address, offset: layout.cells + layout.cellBytes * copy * layout.cellCount }, { weight: f64(1) });
  };
  const index = f.variable(from);
  const lastFour = keep(I.sub(to, i32(3)));
  f.loop((again) => {
    f.if(I.lt(index, lastFour), () => {
      const address = keep(I.add(values, I.shl(index, i32(2))));
      const [near, far] = [0, 8].map((offset) => keep(cellsOfTwo(V.promoteLow(V.load64(address, offset)))));
      fillIn(0, V.int32(near, 0));
      fillIn(1, V.int32(near, 1));
      fillIn(2, V.int32(far, 0));
      fillIn(3, V.int32(far, 1));
      f.set(index, I.add(index, i32(4)));
      f.branch(again);
    });
  });
  emitter.loop(index, to, (each) => {
    const value: ScalarCode = emitter.columns.read(column, each);
    emitFill(emitter, histogram, layout, { values: [value] });
  });
}

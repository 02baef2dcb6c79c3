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
import { emitFill } from "./emit-fill.ts";
import type { Emitter } from "./emitter.ts";
import type { HistogramLayout } from "./work-area.ts";

/** A column and the range of its content: [from, to). */
export interface FlatContent {
  readonly column: Column;
  readonly from: Expression;
  readonly to: Expression;
}

export const isFlatFill = (histogram: HistogramTerms, layout: HistogramLayout): boolean =>
  layout.copies === 4 && !histogram.weight && histogram.axes.length === 1 && kindOf(histogram.axes[0].axis).emitPairs !== undefined;

/** What a value reads, where it is a float32 column without missing values, or one field of a collection. */
export function flatContent(emitter: Emitter, value: Term): FlatContent | undefined {
  const [begin, end] = [emitter.param("begin"), emitter.param("end")];
  const { columns } = emitter;
  if (value.operation === "column") return plain(columns.column(String(value.literal)), begin, end);
  const body = value.operation === "map" ? value.args[1].args[0] : undefined;
  const field = body?.operation === "field" && body.args[0].operation === "param" ? String(body.literal) : undefined;
  const list = field === undefined ? value : value.args[0];
  if (list.operation !== "collection" || list.args.length > 0) return undefined;
  const name = String(list.literal);
  return plain(columns.fieldColumn(name, field), columns.offset(name, begin), columns.offset(name, end));
}

const plain = (column: Column, from: Expression, to: Expression): FlatContent | undefined =>
  column.dtype === "float32" && !column.nullable ? { column, from, to } : undefined;

export function emitFlatFill(
  emitter: Emitter,
  histogram: HistogramTerms,
  layout: HistogramLayout,
  { column, from, to }: FlatContent,
): void {
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

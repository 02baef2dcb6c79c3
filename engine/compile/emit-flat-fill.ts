/**
 * Filling from a plain column: no filter, no weight, one value after the other in memory. Four values at a time are binned in
 * SIMD and counted in four copies of the histogram, since most neighbours fall into the same few bins.
 */

import type { HistogramTerms } from "../program/program.ts";
import type { Column } from "../program/schema.ts";
import type { Term } from "../program/term.ts";
import { type Expression, f64, I, i32, i64, L, load, store, V } from "../wasm/instructions.ts";
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
  layout.copies === 4 && !histogram.weight && histogram.axes.length === 1 && histogram.axes[0].axis.type === "regular";

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
  if (axis.type !== "regular") return;
  const lower = keep(V.splat(f64(axis.lower)));
  const scale = keep(V.splat(f64(axis.bins / (axis.upper - axis.lower))));
  const [below, above] = [keep(V.splat(f64(-1))), keep(V.splat(f64(axis.bins)))];
  const values = emitter.columns.valuesAddress(column);
  const firstBin = keep(I.add(emitter.param("work"), i32(8)));
  // −1 is underflow and `bins` overflow and NaN: one less than the number of the cell.
  const bins = (address: Expression, offset: number) => {
    const scaled = V.mul(V.sub(V.promoteLow(V.load64(address, offset)), lower), scale);
    return keep(V.truncate(V.floor(V.pseudoMax(below, V.pseudoMin(above, scaled)))));
  };
  const countIn = (copy: number, bin: Expression) => {
    const cell = keep(I.add(firstBin, I.shl(bin, i32(3))));
    const offset = layout.cells + 8 * copy * layout.cellCount;
    f.store(store.i64, cell, L.add(load.i64(cell, offset), i64(1n)), offset);
  };
  const index = f.variable(from);
  const lastFour = keep(I.sub(to, i32(3)));
  f.loop((again) => {
    f.if(I.lt(index, lastFour), () => {
      const address = keep(I.add(values, I.shl(index, i32(2))));
      const [first, second] = [bins(address, 0), bins(address, 8)];
      countIn(0, V.int32(first, 0));
      countIn(1, V.int32(first, 1));
      countIn(2, V.int32(second, 0));
      countIn(3, V.int32(second, 1));
      f.set(index, I.add(index, i32(4)));
      f.branch(again);
    });
  });
  emitter.loop(index, to, (each) => {
    const value: ScalarCode = emitter.columns.read(column, each);
    emitFill(emitter, histogram, layout, [value], undefined);
  });
}

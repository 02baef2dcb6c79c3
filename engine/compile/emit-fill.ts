/** Filling: from values to the number of a cell, and from there into memory. */
import type { AxisShape, HistogramTerms } from "../program/program.ts";
import { axisBins } from "../program/program.ts";
import type { FunctionReference } from "../wasm/instructions.ts";
import { call, type Expression, F, f64, I, i32, i64, L, load, select, store } from "../wasm/instructions.ts";
import type { ModuleBuilder } from "../wasm/module-builder.ts";
import { both, type ScalarCode } from "./code.ts";
import type { Emitter } from "./emitter.ts";
import type { HistogramLayout } from "./work-area.ts";

/** Adds one element to a histogram, if all its values and its weight are there. */
export function emitFill(
  emitter: Emitter,
  histogram: HistogramTerms,
  layout: HistogramLayout,
  values: readonly ScalarCode[],
  weight: ScalarCode | undefined,
): void {
  const present = [...values, ...(weight ? [weight] : [])].reduce<Expression | undefined>(
    (sofar, code) => both(sofar, code.present),
    undefined,
  );
  const fill = () => {
    if (!weight) {
      addToCell(emitter, histogram, layout, values, f64(1));
      return;
    }
    const finite = F.lt(F.mul(weight.value, weight.value), f64(Number.POSITIVE_INFINITY));
    emitter.if(
      finite,
      () => addToCell(emitter, histogram, layout, values, weight.value),
      () => increase(emitter, I.add(emitter.param("work"), i32(layout.nonFinite)), i64(1n)),
    );
  };
  if (present) emitter.if(present, fill);
  else fill();
}

function addToCell(
  emitter: Emitter,
  histogram: HistogramTerms,
  layout: HistogramLayout,
  values: readonly ScalarCode[],
  weight: Expression,
): void {
  const { f, keep } = emitter;
  const work = emitter.param("work");
  let cell: Expression = i32(0);
  for (const [index, { axis }] of histogram.axes.entries()) {
    const bin = keep(binOf(emitter, axis, values[index].value, layout.edges[index]));
    cell = index === 0 ? bin : keep(I.add(I.mul(cell, i32(axisBins(axis) + 2)), bin));
  }
  const address = keep(I.add(work, I.shl(cell, i32(layout.cellBytes === 8 ? 3 : 4))));
  if (histogram.storage === "count") {
    f.store(store.i64, address, L.add(load.i64(address, layout.cells), i64(1n)), layout.cells);
    return;
  }
  increase(emitter, I.add(work, i32(layout.fills)), i64(1n));
  f.store(store.f64, address, F.add(load.f64(address, layout.cells), weight), layout.cells);
  f.store(store.f64, address, F.add(load.f64(address, layout.cells + 8), F.mul(weight, weight)), layout.cells + 8);
}

function increase(emitter: Emitter, address: Expression, by: Expression): void {
  const at = emitter.keep(address);
  emitter.f.store(store.i64, at, L.add(load.i64(at), by));
}

/** 0 is underflow, bins + 1 overflow and NaN. Regular: floor((x − lower) · (bins / (upper − lower))). */
function binOf(emitter: Emitter, axis: AxisShape, value: Expression, edges: number | undefined): Expression {
  if (axis.type === "variable") {
    const search = searchEdges(emitter.m);
    return call(search, value, I.add(emitter.param("work"), i32(edges!)), i32(axis.edges.length));
  }
  const scaled = emitter.keep(F.mul(F.sub(value, f64(axis.lower)), f64(axis.bins / (axis.upper - axis.lower))));
  const bin = emitter.f.variable(i32(axis.bins + 1));
  emitter.f.if(F.lt(scaled, f64(axis.bins)), () => {
    emitter.f.set(bin, i32(0));
    emitter.f.if(F.ge(scaled, f64(0)), () => emitter.f.set(bin, I.add(I.truncF64(scaled), i32(1))));
  });
  return bin;
}

/** How many edges are at or below the value; all of them for NaN. Bisection without branches on the data. */
function searchEdges(m: ModuleBuilder): FunctionReference {
  return m.shared("search edges", ["f64", "i32", "i32"], "i32", (f) => {
    const [value, edges, count] = f.params;
    const first = f.variable(i32(0));
    const length = f.variable(count);
    f.block((end) => {
      f.loop((again) => {
        f.branchIf(end, I.eqz(length));
        const half = f.keep(I.shrU(length, i32(1)));
        const middle = f.keep(I.add(first, half));
        const above = f.keep(F.lt(value, load.f64(I.add(edges, I.shl(middle, i32(3))))));
        f.set(first, select(above, first, I.add(middle, i32(1))));
        f.set(length, select(above, half, I.sub(I.sub(length, half), i32(1))));
        f.branch(again);
      });
    });
    f.return(first);
  });
}

/** Writes the filling of histograms: from values to the number of a cell, and from there into memory. */
import { cellsOf, kindOf } from "../../axes/axes.ts";
import type { HistogramTerms } from "../../program/program.ts";
import { storages } from "../../storages/storages.ts";
import { type Expression, F, f64, I, i32, i64, L, load, store } from "../../wasm/instructions.ts";
import { numbersOf } from "../alike/number-slots.ts";
import { both, type ScalarCode } from "../code.ts";
import type { Emitter } from "../emitter.ts";
import type { HistogramLayout } from "../work-area.ts";

/** The values with which a histogram is filled once. */
export interface FillElement {
  /** One value for each axis. */
  readonly values: readonly ScalarCode[];
  readonly weight?: ScalarCode | undefined;
  readonly sample?: ScalarCode | undefined;
  /** The number of the cell, if it was found before for other histograms. */
  readonly cell?: Expression | undefined;
}

/** Adds one element to a histogram, if neither its values nor its weight nor its sample are missing. */
export function emitFill(emitter: Emitter, histogram: HistogramTerms, layout: HistogramLayout, element: FillElement): void {
  const { values, weight, sample, cell } = element;
  const present = [...values, weight, sample].reduce<Expression | undefined>((sofar, code) => both(sofar, code?.present), undefined);
  const weightValue = weight?.value;
  const sampleValue = sample && emitter.keep(numberOf(sample));
  const fill = () =>
    ifFinite(emitter, weightValue, layout.nonFinite, () =>
      ifFinite(emitter, sampleValue, layout.nonFiniteSamples, () =>
        addToCell(emitter, histogram, layout, {
          cell: cell ?? findCell(emitter, histogram, layout, values),
          weight: weightValue ?? f64(1),
          ...(sampleValue && { sample: sampleValue }),
        }),
      ),
    );
  if (present) emitter.if(present, fill);
  else fill();
}

export const isFiniteWeight = (value: Expression): Expression => F.lt(F.abs(value), f64(Number.POSITIVE_INFINITY));

/** Runs `body` if the value is finite or there is none; otherwise increases the counter. */
function ifFinite(emitter: Emitter, value: Expression | undefined, counter: number, body: () => void): void {
  if (!value) body();
  else emitter.if(isFiniteWeight(value), body, () => increase(emitter, I.add(emitter.param("work"), i32(counter)), i64(1n)));
}

/** The number of the cell that these values fill; undefined if one of them is missing. */
export function findCell(
  emitter: Emitter,
  { axes, storage }: HistogramTerms,
  layout: HistogramLayout,
  values: readonly ScalarCode[],
): Expression {
  const { keep } = emitter;
  const { quantities } = storages[storage];
  const work = emitter.param("work");
  let cell: Expression = i32(0);
  for (const [index, { axis }] of axes.entries()) {
    const kind = kindOf(axis);
    const value = kind.takes(axis) === "number" ? numberOf(values[index]) : values[index].value;
    const [constants, cells] = [layout.constants[index], layout.cells].map((at) => I.add(work, i32(at)));
    const along = keep(kind.emitCell(emitter, axis, keep(value), { constants, numbers: numbersOf(emitter, axis), cells, quantities }));
    cell = index === 0 ? along : keep(I.add(I.mul(cell, i32(cellsOf(axis))), along));
  }
  return cell;
}

function addToCell(
  emitter: Emitter,
  { storage }: HistogramTerms,
  layout: HistogramLayout,
  { cell, ...element }: { readonly cell: Expression; readonly weight: Expression; readonly sample?: Expression },
): void {
  const work = emitter.param("work");
  const address = emitter.keep(I.add(work, I.mul(cell, i32(layout.cellBytes))));
  const { fills, emitAdd } = storages[storage];
  if (fills === undefined) increase(emitter, I.add(work, i32(layout.fills)), i64(1n));
  emitAdd(emitter, { address, offset: layout.cells }, element);
}

/** The value as a number; a boolean becomes 0 or 1. */
const numberOf = ({ kind, value }: ScalarCode): Expression => (kind === "boolean" ? F.fromI32(value) : value);

function increase(emitter: Emitter, address: Expression, by: Expression): void {
  const at = emitter.keep(address);
  emitter.f.store(store.i64, at, L.add(load.i64(at), by));
}

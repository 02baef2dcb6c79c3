/**
 * Writes the filling from a list's content, four elements at a time. Cuts and values are computed in two lanes, and an element that fails a cut adds 0
 * to a cell. This avoids a branch on the data, which processors could not predict.
 */
import { kindOf } from "../../axes/axes.ts";
import { isReadWide } from "../../lists/collection.ts";
import { mappedFrom } from "../../lists/map.ts";
import type { HistogramTerms } from "../../program/program.ts";
import type { Term } from "../../program/term.ts";
import { type Expression, I, i32, i64, L, load, store, V } from "../../wasm/instructions.ts";
import { numbersOf } from "../alike/number-slots.ts";
import type { Element, ScalarCode } from "../code.ts";
import type { Emitter } from "../emitter.ts";
import type { WithColumns } from "../loops/program-columns.ts";
import { openList } from "../open-list.ts";
import { isWide } from "../tables/wide-terms.ts";
import type { HistogramLayout } from "../work-area.ts";
import { addressesFrom } from "./cell-addresses.ts";
import { isFlatFill } from "./emit-flat-fill.ts";

export interface WideFill {
  /** A list of the schema, filtered at most once. */
  readonly base: Term;
  readonly histograms: readonly { readonly histogram: HistogramTerms; readonly layout: HistogramLayout }[];
}

export function canFillWide(source: WithColumns, { base, histograms }: WideFill): boolean {
  if (!histograms.every(({ histogram, layout }) => isFlatFill(histogram, layout) && isListOfNumbers(histogram.axes[0].value))) return false;
  const functions = [base, ...histograms.flatMap(({ histogram }) => listsBetween(histogram.axes[0].value, base))].flatMap(({ args }) =>
    args.slice(1).flatMap((lambda) => lambda.args),
  );
  return isReadWide(source, base.operation === "filter" ? base.args[0] : base) && functions.every((body) => isWide(source, body));
}

const isListOfNumbers = ({ type }: Term): boolean => type.kind === "list" && type.element.kind === "number";

const listsBetween = (list: Term, base: Term): readonly Term[] => (list === base ? [] : [list, ...listsBetween(list.args[0], base)]);

/** Fills from the range [from, to) of the content of the schema's list, and returns where the elements begin that are left. */
export function emitWideFill(
  emitter: Emitter,
  { base, histograms }: WideFill,
  { from, to }: { readonly from: Expression; readonly to: Expression },
): Expression {
  const { f, keep } = emitter;
  const [list, lambda] = base.operation === "filter" ? base.args : [base];
  const cells = histograms.map(({ histogram: { axes } }) => {
    const [{ axis }] = axes;
    return kindOf(axis).emitPairs!(f, axis, { areFloat32: false, numbers: numbersOf(emitter, axis) });
  });
  const addressesOfTwo = addressesFrom(emitter, keep(I.add(emitter.param("work"), i32(8))));
  const source = openList(emitter, list, []);
  const index = f.variable(from);
  const last = keep(I.sub(to, i32(3)));

  /** Fills two elements, each into another copy. */
  const fillTwo = (at: Expression, copy: number): void => {
    const filled: { readonly cells: Expression; readonly layout: HistogramLayout }[] = [];
    let mask: Expression | undefined;
    emitter.columns.inLanes(at, () => {
      const element: Element = source.at([at]);
      if (lambda) mask = inBothLanes(emitter.test(lambda, [], element));
      for (const [number, { histogram, layout }] of histograms.entries()) {
        const { value } = mappedFrom(emitter, histogram.axes[0].value, base, element).code() as ScalarCode;
        filled.push({ cells: keep(cells[number](value.type === "v128" ? value : V.splat(value))), layout });
      }
    });
    for (const { cells: both, layout } of filled) {
      for (const [lane, each] of addressesOfTwo(both).entries()) {
        const address = keep(each);
        const offset = layout.cells + 8 * (copy + lane) * layout.cellCount;
        const count = load.i64(address, offset);
        f.store(store.i64, address, mask ? L.sub(count, V.int64(mask, lane)) : L.add(count, i64(1n)), offset);
      }
    }
  };

  f.loop((again) => {
    f.if(I.lt(index, last), () => {
      for (const half of [0, 2]) emitter.inside(() => fillTwo(keep(I.add(index, i32(half))), half));
      f.set(index, I.add(index, i32(4)));
      f.branch(again);
    });
  });
  return index;
}

const inBothLanes = (test: Expression): Expression => (test.type === "v128" ? test : V.splat64(L.sub(i64(0n), L.fromU32(test))));

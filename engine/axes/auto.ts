/**
 * An axis that finds its range while it is filled. Its cells are [k · 2^e, (k + 1) · 2^e); e grows where the values' range would need more
 * than 4,096 of them (`histogram/found-range.ts`). −∞ is underflow; +∞ and NaN are overflow.
 *
 * While a program runs, cell k is stored at the place k modulo 4,096 after the underflow cell. So the range can grow to either side
 * without moving anything; only when e grows, cells are added up. This needs scratch space of the same size, which lies behind the cells.
 */
import { type FoundRange, foundBits, mostFoundCells, nothingFound, smallestExponent } from "../histogram/found-range.ts";
import { emitAddPair } from "../storages/precise-sums.ts";
import type { StorageKind } from "../storages/storage-kind.ts";
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import { call, type Expression, F, type FunctionReference, f64, I, i32, i64, L, load, select, store } from "../wasm/instructions.ts";
import type { ModuleBuilder } from "../wasm/module-builder.ts";
import type { AxisKind } from "./axis-kind.ts";

export interface AutoAxis {
  readonly type: "auto";
  /** The result has at most this many bins, and at least half as many. */
  readonly bins: number;
}

/** Byte offsets of the axis's numbers, each a float64: 2^-e; the first and the last cell with values (+∞ and −∞ before there are any); e. */
const state = { scale: 0, first: 8, last: 16, exponent: 24 } as const;
const [underflow, overflow] = [0, mostFoundCells + 1];

export const auto: AxisKind<AutoAxis> = {
  schema: ({ z, bins, ofEveryAxis }) =>
    z.strictObject({
      type: z.literal("auto"),
      bins: bins
        .min(2, "needs at least two bins")
        .max(mostFoundCells, `there can be at most ${mostFoundCells} bins of an axis of type auto`),
      ...ofEveryAxis,
    }),
  fields: "bins",
  takes: () => "number",
  flow: { underflow: true, overflow: true },
  bins: () => mostFoundCells,
  findsRange: true,

  cellOf() {
    throw new RangeError("Cannot tell the bin of a value on an axis of type auto: its bins are found when all values are known");
  },

  constants: () => [2 ** -smallestExponent, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, smallestExponent],

  form: () => null,

  emitCell({ f, m }, _, value, { constants: numbers, cells, quantities }) {
    const place = f.variable(i32(overflow));
    f.if(
      F.lt(F.abs(value), f64(Number.POSITIVE_INFINITY)),
      () => {
        const cell = f.variable(cellAt(f, value, load.f64(numbers, state.scale)));
        const isKnown = I.and(F.ge(cell, load.f64(numbers, state.first)), F.le(cell, load.f64(numbers, state.last)));
        f.if(I.eqz(isKnown), () => f.set(cell, call(widen(m, quantities), value, numbers, cells)));
        f.set(place, I.add(placeOf(L.truncF64(cell)), i32(1)));
      },
      () => f.if(F.lt(value, f64(0)), () => f.set(place, i32(underflow))),
    );
    return place;
  },

  writeUhi: (_, { lower, upper, bins } = { lower: 0, upper: 1, bins: 1 }) => ({
    type: "regular",
    lower,
    upper,
    bins,
    underflow: true,
    overflow: true,
    circular: false,
  }),
};

/** The cell number k (f64) of a finite value. A negative value whose scaled value underflows to −0 is in cell −1, too. */
function cellAt(f: FunctionBuilder, value: Expression, scale: Expression): Expression {
  const cell = f.keep(F.floor(F.mul(value, scale)));
  return f.keep(select(F.lt(value, f64(0)), F.min(cell, f64(-1)), cell));
}

/** The place of cell k (an i64) among the 4,096. */
const placeOf = (cell: Expression): Expression => I.and(I.wrapI64(cell), i32(mostFoundCells - 1));

/**
 * A function that widens the range to hold a value, with coarser cells if need be, and returns the value's cell. Its parameters: the value,
 * the address of the axis's numbers, the address of the cells.
 */
function widen(m: ModuleBuilder, quantities: StorageKind["quantities"]): FunctionReference {
  const kinds = Object.values(quantities).join(" ");
  return m.shared(`widen ${kinds}`, ["f64", "i32", "i32"], "f64", (f) => {
    const [value, numbers, cells] = f.params;
    const old = f.keep(L.truncF64(load.f64(numbers, state.exponent)));
    const isEmpty = f.keep(F.gt(load.f64(numbers, state.first), load.f64(numbers, state.last)));
    // Before there are any cells these are infinite; they become the ends of the range of i64 and are not used.
    const [oldFirst, oldLast] = [state.first, state.last].map((at) => f.keep(L.truncF64(load.f64(numbers, at))));
    const ofValue = L.sub(L.and(L.shrU(L.fromBits(value), i64(52n)), i64(0x7ffn)), i64(1023n + BigInt(foundBits)));
    const exponent = f.variable(ofValue);
    f.if(L.lt(exponent, old), () => f.set(exponent, old));
    const cell = f.variable(f64(0));
    const first = f.variable(i64(0n));
    const last = f.variable(i64(0n));
    f.loop((again) => {
      f.set(cell, cellAt(f, value, powerOfTwo(L.sub(i64(0n), exponent))));
      f.set(first, L.truncF64(cell));
      f.set(last, first);
      f.if(I.eqz(isEmpty), () => {
        const levels = f.keep(L.sub(exponent, old));
        const [from, to] = [oldFirst, oldLast].map((end) => f.keep(L.shrS(end, levels)));
        f.if(L.lt(from, first), () => f.set(first, from));
        f.if(L.lt(last, to), () => f.set(last, to));
        f.if(L.lt(i64(BigInt(mostFoundCells - 1)), L.sub(last, first)), () => {
          f.set(exponent, L.add(exponent, i64(1n)));
          f.branch(again);
        });
        f.if(L.lt(i64(0n), levels), () => addUp(f, m, { cells, quantities, from: oldFirst, to: oldLast, levels }));
      });
    });
    f.store(store.f64, numbers, powerOfTwo(L.sub(i64(0n), exponent)), state.scale);
    f.store(store.f64, numbers, F.fromI64(first), state.first);
    f.store(store.f64, numbers, F.fromI64(last), state.last);
    f.store(store.f64, numbers, F.fromI64(exponent), state.exponent);
    f.return(cell);
  });
}

const powerOfTwo = (exponent: Expression): Expression => F.fromBits(L.shl(L.add(exponent, i64(1023n)), i64(52n)));

interface OldCells {
  readonly cells: Expression;
  readonly quantities: StorageKind["quantities"];
  /** The first and the last cell, i64. */
  readonly from: Expression;
  readonly to: Expression;
  /** By how many powers of two the cells become coarser, i64. */
  readonly levels: Expression;
}

/** Adds cells up into coarser ones in the scratch space behind them, moves these back and clears the scratch space. */
function addUp(f: FunctionBuilder, m: ModuleBuilder, { cells, quantities, from, to, levels }: OldCells): void {
  const kinds = Object.values(quantities);
  const bytes = 8 * kinds.length;
  const room = f.keep(I.add(cells, i32(bytes * (mostFoundCells + 2))));
  const addressOf = (start: Expression, cell: Expression) => f.keep(I.add(start, I.mul(I.add(placeOf(cell), i32(1)), i32(bytes))));
  const cell = f.variable(from);
  f.loop((again) => {
    const [source, target] = [addressOf(cells, cell), addressOf(room, f.keep(L.shrS(cell, levels)))];
    for (const [place, kind] of kinds.entries()) {
      const at = 8 * place;
      if (kind === "count") f.store(store.i64, target, L.add(load.i64(target, at), load.i64(source, at)), at);
      else if (kind === "sum" && kinds[place + 1] === "rest")
        emitAddPair({ f, m }, { address: target, offset: at }, { high: load.f64(source, at), low: load.f64(source, at + 8) });
      else if (kind === "sum") f.store(store.f64, target, F.add(load.f64(target, at), load.f64(source, at)), at);
    }
    f.set(cell, L.add(cell, i64(1n)));
    f.if(I.eqz(L.lt(to, cell)), () => f.branch(again));
  });
  const words = i32((mostFoundCells + 2) * kinds.length);
  f.count(i32(kinds.length), I.sub(words, i32(kinds.length)), (word) => {
    const [source, target] = [room, cells].map((start) => f.keep(I.add(start, I.shl(word, i32(3)))));
    f.store(store.i64, target, load.i64(source));
    f.store(store.i64, source, i64(0n));
  });
}

/** The range that was found, from the axis's numbers at the end of a run. */
export const readRange = ([, first, last, exponent]: Float64Array): FoundRange =>
  first <= last ? { exponent, first, bins: last - first + 1 } : nothingFound;

/** Writes the adding to totals. Sums are exact, in the integers that `engine/histogram/total.ts` describes. */
import { longOf, type Type } from "../../program/types.ts";
import { type Expression, F, f64, I, i32, i64, L, load, select, store } from "../../wasm/instructions.ts";
import type { ScalarCode } from "../code.ts";
import type { Emitter } from "../emitter.ts";
import { totalPlaces } from "../work-area.ts";

const notFinite = i32(0x7ff);
const piece = i64(0xffff_ffffn);

/** Adds a finite value of this type to the total at `work + at`, and counts one that is not finite; a missing one does nothing. */
export function emitTotal(emitter: Emitter, { value, present, long }: ScalarCode, at: number, type: Type): void {
  const { keep } = emitter;
  const addLong = (integer: Expression) => {
    const upper = longOf(type) === "uint64" ? L.shrU : L.shrS;
    // A 64-bit integer is added in two halves, since float64 holds each half exactly.
    const halves = [F.mul(F.fromI64(upper(integer, i64(32n))), f64(2 ** 32)), F.fromI64(L.and(integer, piece))];
    for (const half of halves) addFinite(emitter, half, at);
    noteValue(emitter, keep(value), at);
  };
  const addFloat = () =>
    emitter.if(
      I.eq(keep(exponentOf(L.fromBits(value))), notFinite),
      () => increase(emitter, emitter.param("work"), i64(1n), at),
      () => {
        addFinite(emitter, value, at);
        noteValue(emitter, value, at);
      },
    );
  const add = () => (long ? addLong(long) : addFloat());
  if (present) emitter.if(present, add);
  else add();
}

const exponentOf = (bits: Expression): Expression => I.and(I.wrapI64(L.shrU(bits, i64(52n))), notFinite);

const increase = ({ f }: Emitter, address: Expression, by: Expression, offset: number): void =>
  f.store(store.i64, address, L.add(load.i64(address, offset), by), offset);

function addFinite(emitter: Emitter, value: Expression, at: number): void {
  const { keep } = emitter;
  const bits = keep(L.fromBits(value));
  const exponent = keep(exponentOf(bits));
  // A subnormal number has the scale of the smallest normal numbers, but no implicit leading bit.
  const isNormal = keep(I.ne(exponent, i32(0)));
  const scale = keep(I.sub(exponent, isNormal));
  const significand = keep(L.or(L.and(bits, i64(2n ** 52n - 1n)), L.shl(L.fromU32(isNormal), i64(52n))));
  const limb = keep(I.add(emitter.param("work"), I.shl(I.shrU(scale, i32(5)), i32(3))));
  const shift = keep(L.fromU32(I.and(scale, i32(31))));
  const rest = keep(L.sub(i64(32n), shift));
  const sign = keep(L.shrS(bits, i64(63n)));
  const signed = (part: Expression) => L.sub(L.xor(part, sign), sign);
  increase(emitter, limb, signed(L.and(L.shl(significand, shift), piece)), at + 8);
  increase(emitter, limb, signed(L.and(L.shrU(significand, rest), piece)), at + 16);
  increase(emitter, limb, signed(L.shrU(L.shrU(significand, i64(32n)), rest)), at + 24);
}

/** Counts the value, and updates the least and the largest value. */
function noteValue(emitter: Emitter, value: Expression, at: number): void {
  const { f, keep } = emitter;
  const work = emitter.param("work");
  const isFirst = keep(L.eqz(load.i64(work, at + totalPlaces.values)));
  increase(emitter, work, i64(1n), at + totalPlaces.values);
  const keepEnd = (place: number, end: typeof F.min) => {
    const sofar = load.f64(work, at + place);
    f.store(store.f64, work, select(isFirst, value, end(sofar, value)), at + place);
  };
  keepEnd(totalPlaces.least, F.min);
  keepEnd(totalPlaces.largest, F.max);
}

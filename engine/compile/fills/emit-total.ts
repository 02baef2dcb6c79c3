/** Adding to totals: exactly, in whole numbers (`engine/histogram/total.ts` says which). */
import { type Expression, F, I, i32, i64, L, load, select, store } from "../../wasm/instructions.ts";
import type { ScalarCode } from "../code.ts";
import type { Emitter } from "../emitter.ts";
import { totalPlaces } from "../work-area.ts";

const notFinite = i32(0x7ff);
const piece = i64(0xffff_ffffn);

/** Adds a value that is there and finite to the total at `work + at`, and counts one that is not finite. */
export function emitTotal(emitter: Emitter, { value, present }: ScalarCode, at: number): void {
  const { f, keep } = emitter;
  const work = emitter.param("work");
  const increase = (address: Expression, by: Expression, offset: number) =>
    f.store(store.i64, address, L.add(load.i64(address, offset), by), offset);
  const add = () => {
    const bits = keep(L.fromBits(value));
    const exponent = keep(I.and(I.wrapI64(L.shrU(bits, i64(52n))), notFinite));
    emitter.if(
      I.eq(exponent, notFinite),
      () => increase(work, i64(1n), at),
      () => {
        // A subnormal number has the scale of the smallest normal ones, and no leading bit.
        const isNormal = keep(I.ne(exponent, i32(0)));
        const scale = keep(I.sub(exponent, isNormal));
        const significand = keep(L.or(L.and(bits, i64(2n ** 52n - 1n)), L.shl(L.fromU32(isNormal), i64(52n))));
        const limb = keep(I.add(work, I.shl(I.shrU(scale, i32(5)), i32(3))));
        const shift = keep(L.fromU32(I.and(scale, i32(31))));
        const rest = keep(L.sub(i64(32n), shift));
        const sign = keep(L.shrS(bits, i64(63n)));
        const signed = (part: Expression) => L.sub(L.xor(part, sign), sign);
        increase(limb, signed(L.and(L.shl(significand, shift), piece)), at + 8);
        increase(limb, signed(L.and(L.shrU(significand, rest), piece)), at + 16);
        increase(limb, signed(L.shrU(L.shrU(significand, i64(32n)), rest)), at + 24);
        const isFirst = keep(L.eqz(load.i64(work, at + totalPlaces.values)));
        increase(work, i64(1n), at + totalPlaces.values);
        const keepEnd = (place: number, end: typeof F.min) => {
          const sofar = load.f64(work, at + place);
          f.store(store.f64, work, select(isFirst, value, end(sofar, value)), at + place);
        };
        keepEnd(totalPlaces.least, F.min);
        keepEnd(totalPlaces.largest, F.max);
      },
    );
  };
  if (present) emitter.if(present, add);
  else add();
}

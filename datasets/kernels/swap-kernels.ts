/**
 * Reverses the order of bytes in values, 64 bytes at a time, also in place. Up to 63 bytes past the last value are read and written: areas have slack.
 */
import type { FunctionBuilder } from "../../engine/wasm/function-builder.ts";
import { type Expression, F, I, i32, type Local, load, store, V } from "../../engine/wasm/instructions.ts";
import type { ModuleBuilder } from "../../engine/wasm/module-builder.ts";

const turn = 64;
const vector = 16;

/** The lanes of a shuffle that reverses the bytes of values of this size in a vector. */
export const reversed = (size: number): number[] => Array.from({ length: vector }, (_, at) => at - (at % size) + (size - 1 - (at % size)));

/** An i32 with its bytes reversed. */
export function bigEndian(f: FunctionBuilder, stored: Expression): Expression {
  const word = f.variable(stored);
  const inner = I.or(I.and(I.shl(word, i32(8)), i32(0xff0000)), I.and(I.shrU(word, i32(8)), i32(0xff00)));
  return I.or(I.or(I.shl(word, i32(24)), I.shrU(word, i32(24))), inner);
}

/** `swap2`, `swap4`, `swap8` (from, to, bytes): copies values of 2, 4 or 8 bytes with their bytes reversed. */
export function defineSwap(m: ModuleBuilder, size: 2 | 4 | 8): void {
  const lanes = reversed(size);
  m.export(
    m.define(`swap${size}`, ["i32", "i32", "i32"], "i32", (f) => {
      const [from, to, bytes] = f.params as [Local, Local, Local];
      const source = f.variable(from);
      const target = f.variable(to);
      const end = f.variable(I.add(from, bytes));
      f.block((done) => {
        f.branchIf(done, I.geU(source, end));
        f.loop((again) => {
          const loaded = [0, 1, 2, 3].map((each) => f.variable(V.load(source, each * vector)));
          for (const [each, value] of loaded.entries()) f.store(store.v128, target, V.shuffle(value, value, lanes), each * vector);
          f.set(source, I.add(source, i32(turn)));
          f.set(target, I.add(target, i32(turn)));
          f.branchIf(again, I.ltU(source, end));
        });
      });
      f.return(i32(0));
    }),
  );
}

/** `toFloat64`, `unsignedToFloat64` (at, count): replaces 64-bit integers by the nearest float64, in place. */
export function defineToFloat64(m: ModuleBuilder): void {
  for (const [name, convert] of [
    ["toFloat64", F.fromI64],
    ["unsignedToFloat64", F.fromU64],
  ] as const) {
    m.export(
      m.define(name, ["i32", "i32"], "i32", (f) => {
        const [at, count] = f.params as [Local, Local];
        const place = f.variable(at);
        f.count(i32(0), count, () => {
          f.store(store.f64, place, convert(load.i64(place)));
          f.set(place, I.add(place, i32(8)));
        });
        f.return(i32(0));
      }),
    );
  }
}

/** `normalise` (at, bytes): replaces each byte other than 0 by 1, in place. */
export function defineNormalise(m: ModuleBuilder): void {
  m.export(
    m.define("normalise", ["i32", "i32"], "i32", (f) => {
      const [at, bytes] = f.params as [Local, Local];
      const place = f.variable(at);
      const end = f.variable(I.add(at, bytes));
      const one = f.variable(i32(1));
      const ones = f.variable(V.splat8(one));
      const zeros = f.variable(V.xor(ones, ones));
      f.block((done) => {
        f.branchIf(done, I.geU(place, end));
        f.loop((again) => {
          f.store(store.v128, place, V.and(V.ne8(V.load(place), zeros), ones));
          f.set(place, I.add(place, i32(vector)));
          f.branchIf(again, I.ltU(place, end));
        });
      });
      f.return(i32(0));
    }),
  );
}

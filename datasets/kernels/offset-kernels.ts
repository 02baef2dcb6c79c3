/** Turns the entry offsets of a ROOT basket, which are big-endian and in bytes, into offsets of values. */
import { I, i32, type Local, load, store, V } from "../../engine/wasm/instructions.ts";
import type { ModuleBuilder } from "../../engine/wasm/module-builder.ts";
import { bigEndian, reversed } from "./swap-kernels.ts";

const vector = 16;
const lanes = reversed(4);
/** The lanes of a shuffle: the last word of its first argument, then the first three of its second. */
const before = [12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27];

/**
 * `offsets` (from, to, count, zero, shift, mask, base): writes ((stored − zero) >> shift) + base. Returns 1 if an offset is below the one before it or no
 * multiple of the value's size (a bit of `mask` is set), else 0. An offset below `zero` counts as a very large one, so callers must check the last.
 */
export function defineOffsets(m: ModuleBuilder): void {
  m.export(
    m.define("offsets", ["i32", "i32", "i32", "i32", "i32", "i32", "i32"], "i32", (f) => {
      const [from, to, count, zero, shift, mask, base] = f.params as [Local, Local, Local, Local, Local, Local, Local];
      const source = f.variable(from);
      const target = f.variable(to);
      const wholeEnd = f.variable(I.add(from, I.shl(I.shrU(count, i32(2)), i32(4))));
      const end = f.variable(I.add(from, I.shl(count, i32(2))));
      const zeros = f.variable(V.splat32(zero));
      const bases = f.variable(V.splat32(base));
      const wrong = f.variable(V.xor(zeros, zeros));
      const bits = f.variable(wrong);
      const previous = f.variable(wrong);
      f.block((done) => {
        f.branchIf(done, I.geU(source, wholeEnd));
        f.loop((again) => {
          const stored = f.variable(V.load(source));
          const start = f.variable(V.sub32(V.shuffle(stored, stored, lanes), zeros));
          f.set(wrong, V.or(wrong, V.gtU32(V.shuffle(previous, start, before), start)));
          f.set(bits, V.or(bits, start));
          f.set(previous, start);
          f.store(store.v128, target, V.add32(V.shrU32(start, shift), bases));
          f.set(source, I.add(source, i32(vector)));
          f.set(target, I.add(target, i32(vector)));
          f.branchIf(again, I.ltU(source, wholeEnd));
        });
      });
      const last = f.variable(V.int32(previous, 3));
      const low = f.variable(I.or(I.or(V.int32(bits, 0), V.int32(bits, 1)), I.or(V.int32(bits, 2), V.int32(bits, 3))));
      const fell = f.variable(V.anyTrue(wrong));
      f.block((done) => {
        f.branchIf(done, I.geU(source, end));
        f.loop((again) => {
          const start = f.variable(I.sub(bigEndian(f, load.i32(source)), zero));
          f.set(fell, I.or(fell, I.ltU(start, last)));
          f.set(low, I.or(low, start));
          f.set(last, start);
          f.store(store.i32, target, I.add(I.shrU(start, shift), base));
          f.set(source, I.add(source, i32(4)));
          f.set(target, I.add(target, i32(4)));
          f.branchIf(again, I.ltU(source, end));
        });
      });
      f.return(I.or(fell, I.ne(I.and(low, mask), i32(0))));
    }),
  );
}

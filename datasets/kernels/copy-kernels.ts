/** The copying that decompressors share, 16 bytes at a time. Up to 31 bytes past the end of source and target are read and written. */
import type { FunctionBuilder } from "../../engine/wasm/function-builder.ts";
import { type Expression, I, i32, type Local, load, store, V } from "../../engine/wasm/instructions.ts";

const vector = 16;

/** Copies whole vectors, at least one. If source and target overlap, the source must begin at least `vector` bytes before the target. */
export function copyForward(f: FunctionBuilder, from: Expression, to: Expression, bytes: Expression): void {
  const source = f.variable(from);
  const target = f.variable(to);
  const stop = f.variable(I.add(to, bytes));
  f.loop((again) => {
    f.store(store.v128, target, V.load(source));
    f.set(source, I.add(source, i32(vector)));
    f.set(target, I.add(target, i32(vector)));
    f.branchIf(again, I.ltU(target, stop));
  });
}

/** Copies the bytes that lie `distance` before the target; they repeat if the match is longer than the distance. */
export function copyMatch(f: FunctionBuilder, distance: Local, target: Local, bytes: Local): void {
  f.if(
    I.geU(distance, i32(vector)),
    () => copyForward(f, I.sub(target, distance), target, bytes),
    () => {
      const near = f.variable(I.sub(target, distance));
      f.if(
        I.eq(distance, i32(4)),
        () => repeat(f, V.splat32(load.i32(near)), target, bytes),
        () =>
          f.if(
            I.eq(distance, i32(8)),
            () => repeat(f, V.splat64(load.i64(near)), target, bytes),
            () =>
              f.if(
                I.eq(distance, i32(1)),
                () => repeat(f, V.splat8(load.u8(near)), target, bytes),
                () => byteByByte(f, near, target, bytes),
              ),
          ),
      );
    },
  );
}

/** Fills with the pattern, in whole vectors, at least one. */
export function repeat(f: FunctionBuilder, pattern: Expression, to: Expression, bytes: Expression): void {
  const value = f.variable(pattern);
  const target = f.variable(to);
  const stop = f.variable(I.add(to, bytes));
  f.loop((again) => {
    f.store(store.v128, target, value);
    f.set(target, I.add(target, i32(vector)));
    f.branchIf(again, I.ltU(target, stop));
  });
}

function byteByByte(f: FunctionBuilder, from: Local, to: Local, bytes: Local): void {
  const source = f.variable(from);
  const target = f.variable(to);
  const stop = f.variable(I.add(to, bytes));
  f.loop((again) => {
    f.store(store.i8, target, load.u8(source));
    f.set(source, I.add(source, i32(1)));
    f.set(target, I.add(target, i32(1)));
    f.branchIf(again, I.ltU(target, stop));
  });
}

/**
 * Vectors that stay what they are through a loop, at most four at once, by way of 64 bytes of memory that may be overwritten. V8 moves what it can compute
 * anew from a function's parameters into the loops that use it; what was loaded it keeps.
 */
export function heldVectors(f: FunctionBuilder, scratch: Expression, vectors: readonly Expression[]): readonly Local[] {
  for (const [at, each] of vectors.entries()) f.store(store.v128, scratch, each, vector * at);
  return vectors.map((_, at) => f.variable(V.load(scratch, vector * at)));
}

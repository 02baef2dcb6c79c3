/**
 * Decodes RNTuple's split encodings, which store the first bytes of all elements, then all second bytes, and so on; and turns ends of lists into 32 bits.
 * Up to 127 bytes past the last element are written, and up to 15 past the last stream of bytes are read.
 */
import type { FunctionBuilder } from "../../engine/wasm/function-builder.ts";
import { type Expression, I, i32, L, type Local, load, store, V } from "../../engine/wasm/instructions.ts";
import type { ModuleBuilder } from "../../engine/wasm/module-builder.ts";

const vector = 16;

/** The lanes of a shuffle that takes words of this size alternately from the lower (`half` 0) or upper (1) halves of two vectors. */
const woven = (size: number, half: 0 | 1): number[] =>
  Array.from({ length: vector }, (_, at) => {
    const word = Math.floor(at / size);
    return (word & 1) * vector + (half * vector) / 2 + (word >> 1) * size + (at % size);
  });

/** `join2`, `join4`, `join8`, `joinZigzag2` … (from, elements, to): writes the joined elements; `Zigzag` decodes them to signed integers, too. */
export function defineJoin(m: ModuleBuilder, size: 2 | 4 | 8, isZigzag: boolean): void {
  m.export(
    m.define(`join${isZigzag ? "Zigzag" : ""}${size}`, ["i32", "i32", "i32"], "i32", (f) => {
      const [from, elements, to] = f.params as [Local, Local, Local];
      const streams = Array.from({ length: size }, (_, stream) => f.variable(I.add(from, I.mul(elements, i32(stream)))));
      const target = f.variable(to);
      const ones = isZigzag ? f.variable(splatOne(f, size)) : undefined;
      const end = f.variable(I.add(from, elements));
      f.block((done) => {
        f.branchIf(done, I.geU(streams[0]!, end));
        f.loop((again) => {
          let joined = streams.map((stream) => f.variable(V.load(stream)));
          for (let width = 1; width < size; width *= 2) joined = interleave(f, joined, width);
          for (const [each, value] of joined.entries()) {
            f.store(store.v128, target, ones ? withoutZigzag(value, ones, size) : value, each * vector);
          }
          for (const stream of streams) f.set(stream, I.add(stream, i32(vector)));
          f.set(target, I.add(target, i32(size * vector)));
          f.branchIf(again, I.ltU(streams[0]!, end));
        });
      });
      f.return(i32(0));
    }),
  );
}

/** Joins pairs of streams of words of `width` bytes: the result is half as many streams of words twice as wide. Each stream takes as many vectors as it needs. */
function interleave(f: FunctionBuilder, vectors: readonly Local[], width: number): Local[] {
  // Each stream of words takes `width` vectors.
  const streams = vectors.length / width;
  return Array.from({ length: streams / 2 }, (_, pair) =>
    Array.from({ length: width }, (_, part) => {
      const [low, high] = [vectors[2 * pair * width + part]!, vectors[(2 * pair + 1) * width + part]!];
      return ([0, 1] as const).map((half) => f.variable(V.shuffle(low, high, woven(width, half))));
    }).flat(),
  ).flat();
}

function splatOne(f: FunctionBuilder, size: 2 | 4 | 8): Expression {
  const one = f.variable(i32(1));
  return size === 2 ? V.splat16(one) : size === 4 ? V.splat32(one) : V.splat64(f.variable(L.fromU32(one)));
}

function withoutZigzag(value: Local, ones: Local, size: 2 | 4 | 8): Expression {
  const sign = V.and(value, ones);
  const zero = V.xor(ones, ones);
  const by = i32(1);
  if (size === 2) return V.xor(V.shrU16(value, by), V.sub16(zero, sign));
  if (size === 4) return V.xor(V.shrU32(value, by), V.sub32(zero, sign));
  return V.xor(V.shrU64(value, by), V.sub64(zero, sign));
}

/** `sumEnds` (at, count): replaces uint32 by their running sums, in place. Returns 1 if a sum exceeds 32 bits, else 0. */
export function defineSumEnds(m: ModuleBuilder): void {
  m.export(
    m.define("sumEnds", ["i32", "i32"], "i32", (f) => {
      const [at, count] = f.params as [Local, Local];
      const place = f.variable(at);
      const sum = f.variable({ kind: "const", type: "i64", value: 0n });
      f.count(i32(0), count, () => {
        f.set(sum, L.add(sum, L.fromU32(load.i32(place))));
        f.store(store.i32, place, I.wrapI64(sum));
        f.set(place, I.add(place, i32(4)));
      });
      f.return(L.ne(L.shrU(sum, { kind: "const", type: "i64", value: 32n }), { kind: "const", type: "i64", value: 0n }));
    }),
  );
}

/** `narrowEnds` (from, count, to): writes uint64 as uint32. Returns 1 if one exceeds 32 bits, else 0. Up to 24 bytes past the last one must be 0. */
export function defineNarrowEnds(m: ModuleBuilder): void {
  const words = (first: number) => [0, 8, 16, 24].flatMap((word) => [0, 1, 2, 3].map((byte) => word + first + byte));
  m.export(
    m.define("narrowEnds", ["i32", "i32", "i32"], "i32", (f) => {
      const [from, count, to] = f.params as [Local, Local, Local];
      const source = f.variable(from);
      const target = f.variable(to);
      const end = f.variable(I.add(from, I.shl(count, i32(3))));
      const high = f.local("v128");
      f.block((done) => {
        f.branchIf(done, I.geU(source, end));
        f.loop((again) => {
          const [first, second] = [f.variable(V.load(source)), f.variable(V.load(source, vector))];
          f.store(store.v128, target, V.shuffle(first, second, words(0)));
          f.set(high, V.or(high, V.shuffle(first, second, words(4))));
          f.set(source, I.add(source, i32(2 * vector)));
          f.set(target, I.add(target, i32(vector)));
          f.branchIf(again, I.ltU(source, end));
        });
      });
      f.return(V.anyTrue(high));
    }),
  );
}

/** `anyBits` (from, bytes): returns 1 if a byte is not 0, else 0. Up to 15 bytes past the last one must be 0. */
export function defineAnyBits(m: ModuleBuilder): void {
  m.export(
    m.define("anyBits", ["i32", "i32"], "i32", (f) => {
      const [from, bytes] = f.params as [Local, Local];
      const source = f.variable(from);
      const end = f.variable(I.add(from, bytes));
      const bits = f.local("v128");
      f.block((done) => {
        f.branchIf(done, I.geU(source, end));
        f.loop((again) => {
          f.set(bits, V.or(bits, V.load(source)));
          f.set(source, I.add(source, i32(vector)));
          f.branchIf(again, I.ltU(source, end));
        });
      });
      f.return(V.anyTrue(bits));
    }),
  );
}

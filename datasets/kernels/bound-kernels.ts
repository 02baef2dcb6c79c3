/** Finds the least and the largest of consecutive numbers in a memory that threads share, 64 bytes at a time. */
import type { DType } from "../../engine/program/schema.ts";
import { type Expression, I, i32, i64, type Local, store, V } from "../../engine/wasm/instructions.ts";
import { ModuleBuilder } from "../../engine/wasm/module-builder.ts";

export type Bounded = Exclude<DType, "string">;

/**
 * (from, end, to): looks at the numbers in bytes [from, end). `from` and `end` must be multiples of 16, and their distance a positive multiple of 64.
 * Writes the least number at `to` and the largest at `to + 8`. NaN is left out: if all are NaN, they are ±∞. Returns 1 if any number is NaN, else 0.
 */
export type BoundKernels = Readonly<Record<Bounded, (from: number, end: number, to: number) => number>>;

/** The bytes that one turn of the loop reads. */
export const stride = 64;
const vector = 16;

type Fold = (x: Expression, y: Expression) => Expression;

/** How vectors of a type are folded, and with which bits folding starts. */
interface Lanes {
  readonly bytes: 1 | 4 | 8;
  readonly least: Fold;
  readonly most: Fold;
  readonly from: { readonly least: bigint; readonly most: bigint };
  /** For types with NaN: sets all bits of the lanes that are NaN. */
  readonly differ?: Fold;
}

const highest = 2n ** 63n;
const signed = (bits: bigint): bigint => BigInt.asIntN(64, bits);
const four = (bits: bigint): bigint => signed(bits | (bits << 32n));
/** Inverts the highest bit of unsigned numbers, so that comparing them as signed ones gives their order. */
const turned = (x: Expression): Expression => V.xor(x, V.splat64(i64(-highest)));

const lanes: Readonly<Record<Bounded, Lanes>> = {
  float32: {
    bytes: 4,
    least: V.pseudoMinF32,
    most: V.pseudoMaxF32,
    differ: V.neF32,
    from: { least: four(0x7f800000n), most: four(0xff800000n) },
  },
  float64: {
    bytes: 8,
    least: V.pseudoMin,
    most: V.pseudoMax,
    differ: V.ne,
    from: { least: 0x7ff0000000000000n, most: signed(0xfff0000000000000n) },
  },
  int32: { bytes: 4, least: V.min32, most: V.max32, from: { least: four(0x7fffffffn), most: four(0x80000000n) } },
  uint32: { bytes: 4, least: V.minU32, most: V.maxU32, from: { least: -1n, most: 0n } },
  int64: {
    bytes: 8,
    least: (x, y) => V.select(V.gt64(x, y), y, x),
    most: (x, y) => V.select(V.gt64(y, x), y, x),
    from: { least: highest - 1n, most: -highest },
  },
  uint64: {
    bytes: 8,
    least: (x, y) => V.select(V.gt64(turned(x), turned(y)), y, x),
    most: (x, y) => V.select(V.gt64(turned(y), turned(x)), y, x),
    from: { least: -1n, most: 0n },
  },
  bool: { bytes: 1, least: V.minU8, most: V.maxU8, from: { least: -1n, most: 0n } },
};

/** The module of the kernels; each instance works on the memory that it imports. */
export function encodeBoundKernels(): Uint8Array<ArrayBuffer> {
  const m = new ModuleBuilder();
  for (const [dtype, each] of Object.entries(lanes)) defineBounds(m, dtype, each);
  return m.encode();
}

function defineBounds(m: ModuleBuilder, name: string, { bytes, from, differ, ...folds }: Lanes): void {
  m.export(
    m.define(name, ["i32", "i32", "i32"], "i32", (f) => {
      const [source, end, to] = f.params as [Local, Local, Local];
      const ends = (["least", "most"] as const).map((which) => {
        const start = f.variable(V.splat64(i64(from[which])));
        return { fold: folds[which], found: Array.from({ length: stride / vector }, () => f.variable(start)) };
      });
      const unordered = f.variable(V.splat64(i64(0n)));
      f.loop((again) => {
        for (let part = 0; part < stride / vector; part++) {
          const values = f.variable(V.load(source, part * vector));
          for (const { fold, found } of ends) f.set(found[part]!, fold(found[part]!, values));
          if (differ) f.set(unordered, V.or(unordered, differ(values, values)));
        }
        f.set(source, I.add(source, i32(stride)));
        f.branchIf(again, I.ltU(source, end));
      });
      for (const [place, { fold, found }] of ends.entries()) {
        const [one] = found as [Local];
        for (const other of found.slice(1)) f.set(one, fold(one, other));
        for (let half = vector / 2; half >= bytes; half /= 2) {
          const moved = Array.from({ length: vector }, (_, index) => (index + half) % vector);
          f.set(one, fold(one, V.shuffle(one, one, moved)));
        }
        f.store(store.i64, to, V.int64(one, 0), 8 * place);
      }
      f.return(V.anyTrue(unordered));
    }),
  );
}

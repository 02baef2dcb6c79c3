/**
 * Turns Parquet's dictionary indexes, in the hybrid encoding of `hybrid-kernels.ts`, into the dictionary's values.
 *
 * Guarantees: every index is checked before it is used; reads at most 16 bytes past the end of runs and writes at most 64 past that of values,
 * ends whatever the bytes are, and tells what was wrong.
 */
import type { FunctionBuilder } from "../../engine/wasm/function-builder.ts";
import { type Expression, I, i32, i64, L, type Local, load, store, V } from "../../engine/wasm/instructions.ts";
import type { ModuleBuilder } from "../../engine/wasm/module-builder.ts";
import { heldVectors, repeat } from "./copy-kernels.ts";
import { eachRun, group, hybridOutcomes } from "./hybrid-kernels.ts";

/** Wider indexes may begin within a byte so that four bytes do not hold them. */
const widestInLane = 25;
const lanes = 4;
/** The bits of an index's first byte that may belong to the index before it. */
const mostBefore = 7;

/**
 * `gather1`, `gather4`, `gather8` (from, bytes, width, count, to, dictionary, size): for each index of 1 to 32 bits, writes the value of 1, 4 or 8 bytes
 * that the dictionary has for it.
 */
export function defineGather(m: ModuleBuilder, bytesOfValue: 1 | 4 | 8): void {
  const log2 = Math.log2(bytesOfValue);
  const shift = i32(log2);
  const valueAt = bytesOfValue === 8 ? load.i64 : bytesOfValue === 4 ? load.i32 : load.u8;
  const splat = bytesOfValue === 8 ? V.splat64 : bytesOfValue === 4 ? V.splat32 : V.splat8;
  const code = bytesOfValue === 8 ? store.i64 : bytesOfValue === 4 ? store.i32 : store.i8;
  m.export(
    m.define(`gather${bytesOfValue}`, ["i32", "i32", "i32", "i32", "i32", "i32", "i32"], "i32", (f) => {
      const [from, bytes, width, count, to, dictionary, size] = f.params as [Local, Local, Local, Local, Local, Local, Local];
      const target = f.variable(to);
      const last = f.variable(L.sub(L.fromU32(size), i64(1n)));
      const mask = f.variable(L.sub(L.shl(i64(1n), L.fromU32(width)), i64(1n)));
      const refuse = () => f.return(i32(hybridOutcomes.beyondDictionary));
      const value = (index: Expression) => valueAt(I.add(dictionary, I.shl(index, shift)));
      // The first and the second four of eight indexes.
      const halves = [0, 1].map((half) => placesOf(f, width, half, to));
      const [maskInLane, lastInLane, dictionaryInLane] = heldVectors(f, to, [
        V.splat32(I.shl(I.sub(I.shl(i32(1), width), i32(1)), shift)),
        V.splat32(I.shl(I.sub(size, i32(1)), shift)),
        V.splat32(dictionary),
      ]) as [Local, Local, Local];
      eachRun(f, { from, bytes, width, count }, (values, run) => {
        if (run.kind === "equal") {
          f.if(I.geU(run.value, size), refuse);
          repeat(f, splat(f.variable(value(run.value))), target, f.variable(I.shl(values, shift)));
          f.set(target, I.add(target, I.shl(values, shift)));
          return;
        }
        const source = f.variable(run.at);
        const left = f.variable(values);
        f.if(I.ltU(width, i32(widestInLane + 1)), () =>
          f.block((done) => {
            f.loop((again) => {
              f.branchIf(done, I.ltU(left, i32(group)));
              const distances = halves.map(({ byte, bytes, factors }) => {
                const raised = V.mul32(V.swizzle(V.load(I.add(source, byte)), bytes), factors);
                return f.variable(V.and(V.shrU32(raised, i32(mostBefore - log2)), maskInLane));
              }) as [Local, Local];
              // Distances in bytes from the dictionary's first value; they are checked before any is used.
              f.if(V.anyTrue(V.gt32(V.max32(...distances), lastInLane)), refuse);
              const addresses = distances.map((each) => f.variable(V.add32(each, dictionaryInLane)));
              for (let each = 0; each < group; each++) {
                const one = V.int32(addresses[Math.floor(each / lanes)]!, each % lanes);
                f.store(code, target, valueAt(one), each * bytesOfValue);
              }
              f.set(target, I.add(target, i32(group * bytesOfValue)));
              f.set(source, I.add(source, width));
              f.set(left, I.sub(left, i32(group)));
              f.branch(again);
            });
          }),
        );
        const bit = f.variable(i32(0));
        f.count(i32(0), left, () => {
          const place = load.i64(I.add(source, I.shrU(bit, i32(3))));
          const index = f.variable(L.and(L.shrU(place, L.fromU32(I.and(bit, i32(7)))), mask));
          f.if(L.gt(index, last), refuse);
          f.store(code, target, value(I.wrapI64(index)));
          f.set(target, I.add(target, i32(bytesOfValue)));
          f.set(bit, I.add(bit, width));
        });
      });
      f.return(i32(hybridOutcomes.sound));
    }),
  );
}

/** The places of four indexes of a group of eight: `half` is 0 for the first four. */
interface LanePlaces {
  /** The byte of the group from which on 16 are loaded. */
  readonly byte: Local;
  /** For each lane, the four of these bytes in which its index lies. */
  readonly bytes: Local;
  /** For each lane, a power of two: in the product, the index begins at bit `mostBefore`. */
  readonly factors: Local;
}

/** `scratch`: the address of 32 bytes that may be overwritten. */
function placesOf(f: FunctionBuilder, width: Local, half: number, scratch: Expression): LanePlaces {
  const before = f.variable(I.mul(width, i32(half * lanes)));
  const byte = f.variable(I.shrU(before, i32(3)));
  const own = Array.from({ length: lanes }, (_, lane) => {
    const bit = f.variable(I.add(I.and(before, i32(7)), I.mul(width, i32(lane))));
    const first = I.shrU(bit, i32(3));
    return {
      bytes: I.add(I.mul(first, i32(0x01010101)), i32(0x03020100)),
      factor: I.shl(i32(1), I.sub(i32(mostBefore), I.and(bit, i32(7)))),
    };
  });
  const vector = (numbers: readonly Expression[]) => {
    const two = (at: number) => L.or(L.fromU32(numbers[at]!), L.shl(L.fromU32(numbers[at + 1]!), i64(32n)));
    return V.replace64(V.splat64(two(0)), two(2), 1);
  };
  const [bytes, factors] = heldVectors(f, scratch, [vector(own.map(({ bytes }) => bytes)), vector(own.map(({ factor }) => factor))]) as [
    Local,
    Local,
  ];
  return { byte, bytes, factors };
}

/** Turns the repetition and definition levels of list columns, one byte each, into offsets, 16 level entries at a time. */
import { I, i32, i64, L, type Local, load, store, V } from "../../engine/wasm/instructions.ts";
import type { ModuleBuilder } from "../../engine/wasm/module-builder.ts";
import { heldVectors } from "./copy-kernels.ts";

const vector = 16;

/**
 * A table that must lie at address 0: for each byte, the positions of its bits that are 1, from the lowest on, in eight bytes; the rest is 255. It moves what
 * belongs to these bits together.
 */
export function placeTable(): Uint8Array {
  const bits = [0, 1, 2, 3, 4, 5, 6, 7];
  return Uint8Array.from({ length: 256 * bits.length }, (_, at) => bits.filter((bit) => (at >> (3 + bit)) & 1)[at % bits.length] ?? 255);
}

/**
 * `place` (repetition, definition, count, element, full, to, state): for columns in one level of lists. A repetition level of 0 begins an entry.
 * A definition level of at least `element` is an element, and one of `full` a value. For each entry it writes the number of elements before it.
 * `state` has five uint32 that go on from call to call: the number of elements, entries and values; not 0 if a list went on that had not begun or had
 * no element; and whether the last level entry has an element. Writes at most 48 bytes past the offsets.
 */
export function definePlace(m: ModuleBuilder): void {
  m.export(
    m.define("place", ["i32", "i32", "i32", "i32", "i32", "i32", "i32"], "i32", (f) => {
      const [repetition, definition, count, element, full, to, state] = f.params as [Local, Local, Local, Local, Local, Local, Local];
      const [elements, entries, values, unfounded, before] = [0, 1, 2, 3, 4].map((word) => f.variable(load.i32(state, 4 * word))) as [
        Local,
        Local,
        Local,
        Local,
        Local,
      ];
      const held = [V.splat8(element), V.splat8(full), V.splat64(i64(0x0101010101010101n))];
      const [elementAt, fullAt, one] = heldVectors(f, to, held) as [Local, Local, Local];
      const zero = f.variable(V.xor(elementAt, elementAt));
      const target = f.variable(to);
      const left = f.variable(count);
      const source = f.variable(i32(0));
      f.block((done) => {
        f.loop((again) => {
          f.branchIf(done, I.eqz(left));
          const here = f.variable(i32(vector));
          f.if(I.ltU(left, here), () => f.set(here, left));
          const wanted = f.variable(I.sub(I.shl(i32(1), here), i32(1)));
          const definitions = f.variable(V.load(I.add(definition, source)));
          const begins = f.variable(I.and(V.bitmask8(V.eq8(V.load(I.add(repetition, source)), zero)), wanted));
          const hasBytes = f.variable(V.geU8(definitions, elementAt));
          const has = f.variable(I.and(V.bitmask8(hasBytes), wanted));
          const goesOn = I.and(I.xor(begins, i32(-1)), wanted);
          const after = I.and(has, I.or(I.shl(has, i32(1)), before));
          f.set(unfounded, I.or(unfounded, I.and(goesOn, I.xor(after, i32(-1)))));
          f.set(before, I.and(I.shrU(has, I.sub(here, i32(1))), i32(1)));
          f.set(entries, I.add(entries, I.popcnt(begins)));
          f.set(values, I.add(values, I.popcnt(I.and(V.bitmask8(V.eq8(definitions, fullAt)), wanted))));
          const ones = f.variable(V.and(hasBytes, one));
          for (const half of [0, 1]) {
            const eight = (bits: Local) => f.variable(half === 0 ? I.and(bits, i32(255)) : I.shrU(bits, i32(8)));
            const [starts, founds] = [eight(begins), eight(has)];
            // Each byte of the product counts the elements up to it, and one further up those before it.
            const before = L.shl(L.mul(V.int64(ones, half), i64(0x0101010101010101n)), i64(8n));
            const wide = f.variable(V.extendLowU8(V.swizzle(V.splat64(before), V.load64(I.shl(starts, i32(3))))));
            const base = f.variable(V.splat32(elements));
            f.store(store.v128, target, V.add32(V.extendLowU16(wide), base));
            f.store(store.v128, target, V.add32(V.extendHighU16(wide), base), vector);
            f.set(target, I.add(target, I.shl(I.popcnt(starts), i32(2))));
            f.set(elements, I.add(elements, I.popcnt(founds)));
          }
          f.set(source, I.add(source, here));
          f.set(left, I.sub(left, here));
          f.branch(again);
        });
      });
      for (const [word, value] of [elements, entries, values, unfounded, before].entries()) f.store(store.i32, state, value, 4 * word);
      f.return(i32(0));
    }),
  );

  m.export(
    m.define("countEqual", ["i32", "i32", "i32"], "i32", (f) => {
      const [from, bytes, value] = f.params as [Local, Local, Local];
      const wanted = f.variable(V.splat8(value));
      const source = f.variable(from);
      const left = f.variable(bytes);
      const found = f.variable(i32(0));
      f.block((done) => {
        f.loop((again) => {
          f.branchIf(done, I.eqz(left));
          const here = f.variable(i32(vector));
          f.if(I.ltU(left, here), () => f.set(here, left));
          const mask = I.sub(I.shl(i32(1), here), i32(1));
          f.set(found, I.add(found, I.popcnt(I.and(V.bitmask8(V.eq8(V.load(source), wanted)), mask))));
          f.set(source, I.add(source, here));
          f.set(left, I.sub(left, here));
          f.branch(again);
        });
      });
      f.return(found);
    }),
  );
}

/** Decodes ROOT baskets of `vector<T>`: checks and removes the vectors' headers, and writes consecutive values in the host's order of bytes. */
import { I, i32, type Local, load, store, V } from "../../engine/wasm/instructions.ts";
import type { ModuleBuilder } from "../../engine/wasm/module-builder.ts";
import { bigEndian, reversed } from "./swap-kernels.ts";

const vector = 16;
/** The header has a byte count, a version and the number of values. */
const headerBytes = 10;
/** The bit of a version that says that objects are stored member by member. */
const memberwiseBit = 0x40;

/**
 * `vectors1` … `vectors8` (content, starts, count, to, base): `starts` has count + 1 numbers: where each entry begins in the content, and where the last one
 * ends. Each is replaced by `base` plus the number of values before it. Returns 0, or one more than the first entry with a header that does not fit its
 * length. Up to 15 bytes past the last value are read and written.
 */
export function defineVectors(m: ModuleBuilder, size: 1 | 2 | 4 | 8): void {
  const shift = i32(Math.log2(size));
  m.export(
    m.define(`vectors${size}`, ["i32", "i32", "i32", "i32", "i32"], "i32", (f) => {
      const [content, starts, count, to, base] = f.params as [Local, Local, Local, Local, Local];
      const target = f.variable(to);
      const place = f.variable(starts);
      const values = f.variable(base);
      const start = f.variable(load.i32(place));
      f.count(i32(0), count, (entry) => {
        const end = f.variable(load.i32(place, 4));
        const length = f.variable(I.sub(end, start));
        const source = f.variable(I.add(content, start));
        const refuse = () => f.return(I.add(entry, i32(1)));
        f.if(I.ltU(length, i32(headerBytes)), refuse);
        const stated = f.variable(bigEndian(f, load.i32(source)));
        f.if(I.ne(stated, I.or(I.sub(length, i32(4)), i32(0x40000000))), refuse);
        f.if(I.and(load.u8(source, 4), i32(memberwiseBit)), refuse);
        const bytes = f.variable(I.sub(length, i32(headerBytes)));
        const held = f.variable(bigEndian(f, load.i32(source, 6)));
        // The bytes must be a whole number of values, namely the stated one. Dividing cannot overflow, as multiplying could.
        f.if(I.ne(I.shrU(bytes, shift), held), refuse);
        f.if(I.and(bytes, i32(size - 1)), refuse);
        f.store(store.i32, place, values);
        f.set(values, I.add(values, held));
        f.set(source, I.add(source, i32(headerBytes)));
        const stop = f.variable(I.add(source, bytes));
        const written = f.variable(target);
        f.block((done) => {
          f.branchIf(done, I.geU(source, stop));
          f.loop((again) => {
            const loaded = f.variable(V.load(source));
            f.store(store.v128, written, size === 1 ? loaded : V.shuffle(loaded, loaded, reversed(size)));
            f.set(source, I.add(source, i32(vector)));
            f.set(written, I.add(written, i32(vector)));
            f.branchIf(again, I.ltU(source, stop));
          });
        });
        f.set(target, I.add(target, bytes));
        f.set(start, end);
        f.set(place, I.add(place, i32(4)));
      });
      f.store(store.i32, place, values);
      f.return(i32(0));
    }),
  );
}

/**
 * Decodes Parquet's DELTA_BINARY_PACKED: integers as differences, in blocks of a least difference and bit-packed excesses over it. The format:
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/. Sums wrap around as the format says, so all 64-bit values are restored.
 *
 * Guarantees: reads the bytes and at most 15 past their end, writes only the values, and ends whatever the bytes are.
 */
import { type Expression, I, i32, i64, L, type Local, load, store } from "../../engine/wasm/instructions.ts";
import type { ModuleBuilder } from "../../engine/wasm/module-builder.ts";
import { readVarint } from "./read-varint.ts";

/** The values of a miniblock are a multiple of this, so that it has whole bytes. */
const group = 8;
const mostBits = 64;

/** `deltas4`, `deltas8` (from, bytes, count, to): writes integers of 4 or 8 bytes. Returns the bytes read, or 0 if these are invalid or too few. */
export function defineDeltas(m: ModuleBuilder, size: 4 | 8): void {
  m.export(
    m.define(`deltas${size}`, ["i32", "i32", "i32", "i32"], "i32", (f) => {
      const [from, bytes, count, to] = f.params as [Local, Local, Local, Local];
      const at = f.variable(from);
      const end = f.variable(I.add(from, bytes));
      const target = f.variable(to);
      const left = f.variable(count);
      const refuse = () => f.return(i32(0));
      const small = () => f.variable(I.wrapI64(readVarint(f, at, end, refuse)));
      const signed = () => {
        const stored = readVarint(f, at, end, refuse);
        return f.variable(L.xor(L.shrU(stored, i64(1n)), L.sub(i64(0n), L.and(stored, i64(1n)))));
      };
      const block = small();
      const miniblocks = small();
      const stated = small();
      const value = signed();
      f.if(I.ltU(stated, count), refuse);
      // All miniblocks have equally many values, which fill whole bytes. There cannot be more miniblocks than bytes.
      f.if(I.eqz(miniblocks), refuse);
      f.if(I.ltU(bytes, miniblocks), refuse);
      const perMiniblock = f.variable(I.divU(block, miniblocks));
      f.if(I.ne(I.mul(perMiniblock, miniblocks), block), refuse);
      f.if(I.eqz(perMiniblock), refuse);
      f.if(I.and(perMiniblock, i32(group - 1)), refuse);
      const put = () => {
        if (size === 8) f.store(store.i64, target, value);
        else f.store(store.i32, target, I.wrapI64(value));
        f.set(target, I.add(target, i32(size)));
        f.set(left, I.sub(left, i32(1)));
      };
      f.if(left, put);
      f.block((done) => {
        f.loop((again) => {
          f.branchIf(done, I.eqz(left));
          const least = signed();
          f.if(I.ltU(I.sub(end, at), miniblocks), refuse);
          const widths = f.variable(at);
          f.set(at, I.add(at, miniblocks));
          f.count(i32(0), miniblocks, (part) => {
            f.if(left, () => {
              const width = f.variable(load.u8(I.add(widths, part)));
              f.if(I.gtU(width, i32(mostBits)), refuse);
              const values = f.variable(perMiniblock);
              f.if(I.ltU(left, values), () => f.set(values, left));
              const needed = f.variable(bytesOf(values, width));
              f.if(L.gtU(needed, L.fromU32(I.sub(end, at))), refuse);
              const wide = f.variable(L.fromU32(width));
              // For a width of 64 the mask is set separately, since WebAssembly takes a shift by 64 for one by 0.
              const mask = f.variable(L.sub(L.shl(i64(1n), wide), i64(1n)));
              f.if(I.eq(width, i32(mostBits)), () => f.set(mask, i64(-1n)));
              const bit = f.variable(i64(0n));
              f.count(i32(0), values, () => {
                const place = f.variable(I.add(at, I.wrapI64(L.shrU(bit, i64(3n)))));
                const shift = f.variable(L.and(bit, i64(7n)));
                const rest = f.variable(L.shrU(load.i64(place), shift));
                f.if(L.gtU(L.add(shift, wide), i64(64n)), () =>
                  f.set(rest, L.or(rest, L.shl(L.fromU32(load.u8(place, 8)), L.sub(i64(64n), shift)))),
                );
                f.set(value, L.add(value, L.add(least, L.and(rest, mask))));
                put();
                f.set(bit, L.add(bit, wide));
              });
              // Writers may leave out the padding of the last miniblock.
              const whole = f.variable(bytesOf(perMiniblock, width));
              f.if(L.gtU(whole, L.fromU32(I.sub(end, at))), () => f.set(whole, L.fromU32(I.sub(end, at))));
              f.set(at, I.add(at, I.wrapI64(whole)));
            });
          });
          f.branch(again);
        });
      });
      f.return(I.sub(at, from));
    }),
  );
}

const bytesOf = (values: Expression, width: Expression): Expression =>
  L.shrU(L.add(L.mul(L.fromU32(values), L.fromU32(width)), i64(7n)), i64(3n));

/**
 * Decompresses Snappy blocks without their preceding length, 16 bytes at a time. The format:
 * https://github.com/google/snappy/blob/main/format_description.txt
 *
 * Guarantees: either the whole block exactly fills the target, or the kernel returns 0. It ends whatever the bytes are, and reads and writes at most 31
 * bytes past block and target, which are areas with slack.
 */
import { type Expression, I, i32, type Local, load } from "../../engine/wasm/instructions.ts";
import type { ModuleBuilder } from "../../engine/wasm/module-builder.ts";
import { copyForward, copyMatch } from "./copy-kernels.ts";

/** From this tag value on, the length of a literal, minus one, follows the tag in one to four bytes. */
const longLiterals = 60;

/** `snappy` (from, bytes, to, length): returns 1 if the block is valid and decompresses to `length` bytes, else 0. */
export function defineSnappy(m: ModuleBuilder): void {
  m.export(
    m.define("snappy", ["i32", "i32", "i32", "i32"], "i32", (f) => {
      const [from, bytes, to, length] = f.params as [Local, Local, Local, Local];
      const source = f.variable(from);
      const end = f.variable(I.add(from, bytes));
      const target = f.variable(to);
      const limit = f.variable(I.add(to, length));
      const tag = f.local("i32");
      const run = f.local("i32");
      const distance = f.local("i32");
      const refuse = () => f.return(i32(0));
      const skip = (count: number) => f.set(source, I.add(source, i32(count)));
      const refuseBeyond = (wanted: Expression, here: Local, last: Local) => f.if(I.ltU(I.sub(last, here), wanted), refuse);
      f.block((done) => {
        f.loop((again) => {
          f.branchIf(done, I.geU(source, end));
          f.set(tag, load.u8(source));
          skip(1);
          f.set(run, I.shrU(tag, i32(2)));
          f.if(
            I.and(tag, i32(3)),
            () => {
              f.if(
                I.eq(I.and(tag, i32(3)), i32(1)),
                () => {
                  refuseBeyond(i32(1), source, end);
                  f.set(distance, I.or(I.shl(I.shrU(tag, i32(5)), i32(8)), load.u8(source)));
                  f.set(run, I.add(I.and(run, i32(7)), i32(4)));
                  skip(1);
                },
                () => {
                  const isFar = f.variable(I.and(tag, i32(1)));
                  const size = f.variable(I.shl(i32(2), isFar));
                  refuseBeyond(size, source, end);
                  f.if(
                    isFar,
                    () => f.set(distance, load.i32(source)),
                    () => f.set(distance, load.u16(source)),
                  );
                  f.set(run, I.add(run, i32(1)));
                  f.set(source, I.add(source, size));
                },
              );
              f.if(I.ltU(I.sub(target, to), distance), refuse);
              f.if(I.eqz(distance), refuse);
              refuseBeyond(run, target, limit);
              copyMatch(f, distance, target, run);
            },
            () => {
              f.if(I.geU(run, i32(longLiterals)), () => {
                const size = f.variable(I.sub(run, i32(longLiterals - 1)));
                refuseBeyond(size, source, end);
                const unused = f.variable(I.mul(I.sub(i32(4), size), i32(8)));
                f.set(run, I.shrU(I.shl(load.i32(source), unused), unused));
                f.set(source, I.add(source, size));
              });
              // Compared before adding one, since the largest length would overflow to 0.
              f.if(I.geU(run, I.sub(end, source)), refuse);
              f.set(run, I.add(run, i32(1)));
              refuseBeyond(run, target, limit);
              copyForward(f, source, target, run);
              f.set(source, I.add(source, run));
            },
          );
          f.set(target, I.add(target, run));
          f.branch(again);
        });
      });
      f.return(I.eq(target, limit));
    }),
  );
}

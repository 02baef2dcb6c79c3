/**
 * Decompresses LZ4 blocks, 16 bytes at a time.
 *
 * Guarantees: either the whole block exactly fills the target, or the kernel returns 0. It ends whatever the bytes are, and reads and writes at most 31
 * bytes past block and target, which are areas with slack.
 */
import { I, i32, type Local, load } from "../../engine/wasm/instructions.ts";
import type { ModuleBuilder } from "../../engine/wasm/module-builder.ts";
import { copyForward, copyMatch } from "./copy-kernels.ts";

const shortestMatch = 4;

/** `lz4` (from, bytes, to, length): returns 1 if the block is valid and decompresses to `length` bytes, else 0. */
export function defineLz4(m: ModuleBuilder): void {
  m.export(
    m.define("lz4", ["i32", "i32", "i32", "i32"], "i32", (f) => {
      const [from, bytes, to, length] = f.params as [Local, Local, Local, Local];
      const source = f.variable(from);
      const end = f.variable(I.add(from, bytes));
      const target = f.variable(to);
      const limit = f.variable(I.add(to, length));
      const token = f.local("i32");
      const run = f.local("i32");
      const refuse = () => f.return(i32(0));
      /** If the token's four bits are all set, bytes follow that are added to the length, up to and including the first one below 255. */
      const extend = () =>
        f.if(I.eq(run, i32(15)), () => {
          const byte = f.local("i32");
          f.loop((again) => {
            f.if(I.geU(source, end), refuse);
            f.set(byte, load.u8(source));
            f.set(source, I.add(source, i32(1)));
            f.set(run, I.add(run, byte));
            // Refusing a too long run here also keeps the sum from overflowing.
            f.if(I.ltU(length, run), refuse);
            f.branchIf(again, I.eq(byte, i32(255)));
          });
        });
      f.block((done) => {
        f.loop((again) => {
          f.if(I.geU(source, end), refuse);
          f.set(token, load.u8(source));
          f.set(source, I.add(source, i32(1)));
          f.set(run, I.shrU(token, i32(4)));
          extend();
          f.if(I.ltU(I.sub(end, source), run), refuse);
          f.if(I.ltU(I.sub(limit, target), run), refuse);
          copyForward(f, source, target, run);
          f.set(source, I.add(source, run));
          f.set(target, I.add(target, run));
          f.branchIf(done, I.eq(source, end));
          f.if(I.ltU(I.sub(end, source), i32(3)), refuse);
          const distance = f.variable(load.u16(source));
          f.set(source, I.add(source, i32(2)));
          f.if(I.ltU(I.sub(target, to), distance), refuse);
          f.if(I.eqz(distance), refuse);
          f.set(run, I.and(token, i32(15)));
          extend();
          f.set(run, I.add(run, i32(shortestMatch)));
          f.if(I.ltU(I.sub(limit, target), run), refuse);
          copyMatch(f, distance, target, run);
          f.set(target, I.add(target, run));
          f.branch(again);
        });
      });
      f.return(I.eq(target, limit));
    }),
  );
}

/**
 * Decodes Parquet's levels, and walks the runs of dictionary indexes (`gather-kernels.ts`): a mixture of runs of equal values and bit-packed runs. The format:
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/ (RLE).
 *
 * Guarantees: reads and writes at most 15 bytes past the end of runs and values, ends whatever the bytes are (empty runs are refused), and
 * tells what was wrong.
 */
import type { FunctionBuilder } from "../../engine/wasm/function-builder.ts";
import { I, i32, i64, L, type Local, load, store, V } from "../../engine/wasm/instructions.ts";
import type { ModuleBuilder } from "../../engine/wasm/module-builder.ts";
import { repeat } from "./copy-kernels.ts";
import { readVarint } from "./read-varint.ts";

/** The return values of the kernels. */
export const hybridOutcomes = { sound: 0, overrun: 1, emptyRun: 2, tooWide: 3, beyondDictionary: 4 } as const;

/** Bit-packed values come in groups of this size. */
export const group = 8;

/** `levels` (from, bytes, width, count, to): writes values of `width` bits, 1 to 8, as one byte each. */
export function defineLevels(m: ModuleBuilder): void {
  m.export(
    m.define("levels", ["i32", "i32", "i32", "i32", "i32"], "i32", (f) => {
      const [from, bytes, width, count, to] = f.params as [Local, Local, Local, Local, Local];
      const target = f.variable(to);
      const wide = f.variable(L.fromU32(width));
      // Eight packed values are moved apart in three steps, for groups of eight, four and two values. In each step the upper half of each group moves.
      const steps = [4n, 2n, 1n].map((held) => {
        const bits = f.variable(L.mul(wide, i64(held)));
        const groups = (2n ** 64n - 1n) / (2n ** (16n * held) - 1n);
        const lower = f.variable(L.mul(L.sub(L.shl(i64(1n), bits), i64(1n)), i64(groups)));
        return { lower, upper: f.variable(L.shl(lower, bits)), shift: f.variable(L.sub(i64(8n * held), bits)) };
      });
      eachRun(f, { from, bytes, width, count }, (values, run) => {
        if (run.kind === "equal") repeat(f, V.splat8(run.value), target, values);
        else {
          const source = f.variable(run.at);
          const written = f.variable(target);
          const stop = f.variable(I.add(target, values));
          f.loop((again) => {
            const apart = f.variable(load.i64(source));
            for (const { lower, upper, shift } of steps) f.set(apart, L.or(L.and(apart, lower), L.shl(L.and(apart, upper), shift)));
            f.store(store.i64, written, apart);
            f.set(source, I.add(source, width));
            f.set(written, I.add(written, i32(group)));
            f.branchIf(again, I.ltU(written, stop));
          });
        }
        f.set(target, I.add(target, values));
      });
      f.return(i32(hybridOutcomes.sound));
    }),
  );
}

type Run = { readonly kind: "equal"; readonly value: Local } | { readonly kind: "packed"; readonly at: Local };

interface Runs {
  readonly from: Local;
  readonly bytes: Local;
  readonly width: Local;
  readonly count: Local;
}

/** Writes code that goes through the runs, with `body` for each kind of run. `values` is how many values of the run are needed; its bytes are checked before. */
export function eachRun(f: FunctionBuilder, { from, bytes, width, count }: Runs, body: (values: Local, run: Run) => void): void {
  const at = f.variable(from);
  const end = f.variable(I.add(from, bytes));
  const left = f.variable(count);
  const valueBytes = f.variable(I.shrU(I.add(width, i32(7)), i32(3)));
  const unused = f.variable(I.mul(I.sub(i32(4), valueBytes), i32(8)));
  const overrun = () => f.return(i32(hybridOutcomes.overrun));
  f.block((done) => {
    f.loop((again) => {
      f.branchIf(done, I.eqz(left));
      const stored = readVarint(f, at, end, overrun);
      f.if(L.gtU(stored, i64(0xffffffffn)), overrun);
      const header = f.variable(I.wrapI64(stored));
      const length = f.variable(I.shrU(header, i32(1)));
      f.if(I.eqz(length), () => f.return(i32(hybridOutcomes.emptyRun)));
      const values = f.variable(left);
      f.if(
        I.and(header, i32(1)),
        () => {
          // Compared before multiplying, since the product might overflow.
          f.if(I.ltU(length, I.shrU(I.add(left, i32(group - 1)), i32(3))), () => f.set(values, I.mul(length, i32(group))));
          const bits = L.add(L.mul(L.fromU32(values), L.fromU32(width)), i64(7n));
          f.if(L.gtU(L.shrU(bits, i64(3n)), L.fromU32(I.sub(end, at))), overrun);
          body(values, { kind: "packed", at });
          f.set(at, I.add(at, I.mul(length, width)));
        },
        () => {
          f.if(I.ltU(I.sub(end, at), valueBytes), overrun);
          const value = f.variable(I.shrU(I.shl(load.i32(at), unused), unused));
          f.if(L.ne(L.shrU(L.fromU32(value), L.fromU32(width)), i64(0n)), () => f.return(i32(hybridOutcomes.tooWide)));
          f.if(I.ltU(length, left), () => f.set(values, length));
          body(values, { kind: "equal", value });
          f.set(at, I.add(at, valueBytes));
        },
      );
      f.set(left, I.sub(left, values));
      f.branch(again);
    });
  });
}

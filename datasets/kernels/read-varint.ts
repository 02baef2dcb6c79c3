/** Reads the variable-length integers (ULEB128) of Parquet's encodings. */
import type { FunctionBuilder } from "../../engine/wasm/function-builder.ts";
import { I, i32, i64, L, type Local, load } from "../../engine/wasm/instructions.ts";

/** Reads an integer of 64 bits, seven bits per byte with the lowest first, and moves `at` past it. */
export function readVarint(f: FunctionBuilder, at: Local, end: Local, refuse: () => void): Local {
  const value = f.variable(i64(0n));
  const shift = f.variable(i64(0n));
  f.loop((again) => {
    f.if(I.geU(at, end), refuse);
    f.if(L.gtU(shift, i64(63n)), refuse);
    const byte = f.variable(load.u8(at));
    f.set(at, I.add(at, i32(1)));
    f.set(value, L.or(value, L.shl(L.fromU32(I.and(byte, i32(0x7f))), shift)));
    f.set(shift, L.add(shift, i64(7n)));
    f.branchIf(again, I.geU(byte, i32(0x80)));
  });
  return value;
}

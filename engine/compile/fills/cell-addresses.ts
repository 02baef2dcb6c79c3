/**
 * Turns the numbers of two cells into their addresses without converting them to integers. The spacing of float64 from 2^49 to 2^50 is 1/8, so the low
 * half of the bits of 2^49 + a/8 + n is the integer a + 8n.
 */
import { type Expression, F, f64, V } from "../../wasm/instructions.ts";
import type { Emitter } from "../emitter.ts";

/** The function takes a v128 of two integral float64 n and returns the i32 addresses `first` + 8n, which must not be negative. `first` is a multiple of 8. */
export function addressesFrom({ keep }: Emitter, first: Expression): (cells: Expression) => readonly [Expression, Expression] {
  const base = keep(V.splat(F.add(f64(2 ** 49), F.mul(F.fromU32(first), f64(1 / 8)))));
  return (cells) => {
    const sum = keep(V.add(cells, base));
    return [V.int32(sum, 0), V.int32(sum, 2)];
  };
}

/** Computes XXH64 with seed 0, the checksum of ROOT's LZ4 blocks. */
import type { FunctionBuilder } from "../../engine/wasm/function-builder.ts";
import { type Expression, I, i32, i64, L, type Local, load } from "../../engine/wasm/instructions.ts";
import type { ModuleBuilder } from "../../engine/wasm/module-builder.ts";

const primes = [0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n, 0x85ebca77c2b2ae63n, 0x27d4eb2f165667c5n] as const;
const [prime1, prime2, prime3, prime4, prime5] = primes.map((prime) => i64(BigInt.asIntN(64, prime)));
const stripe = 32;

const round = (sum: Expression, word: Expression): Expression => L.mul(L.rotl(L.add(sum, L.mul(word, prime2!)), i64(31n)), prime1!);

/** `xxh64` (from, bytes): returns the checksum as an i64. */
export function defineXxh64(m: ModuleBuilder): void {
  m.export(
    m.define("xxh64", ["i32", "i32"], "i64", (f) => {
      const [from, bytes] = f.params as [Local, Local];
      const at = f.variable(from);
      const end = f.variable(I.add(from, bytes));
      const hash = f.variable(prime5!);
      f.if(I.geU(bytes, i32(stripe)), () => {
        const lanes = [L.add(prime1!, prime2!), prime2!, i64(0n), L.sub(i64(0n), prime1!)].map((sum) => f.variable(sum));
        f.loop((again) => {
          for (const [lane, sum] of lanes.entries()) f.set(sum, round(sum, load.i64(at, 8 * lane)));
          f.set(at, I.add(at, i32(stripe)));
          f.branchIf(again, I.geU(I.sub(end, at), i32(stripe)));
        });
        const [a, b, c, d] = lanes as [Local, Local, Local, Local];
        f.set(hash, L.add(L.add(L.rotl(a, i64(1n)), L.rotl(b, i64(7n))), L.add(L.rotl(c, i64(12n)), L.rotl(d, i64(18n)))));
        for (const sum of lanes) f.set(hash, L.add(L.mul(L.xor(hash, round(i64(0n), sum)), prime1!), prime4!));
      });
      f.set(hash, L.add(hash, L.fromU32(bytes)));
      whileBytesLeft(f, at, end, 8, () =>
        f.set(hash, L.add(L.mul(L.rotl(L.xor(hash, round(i64(0n), load.i64(at))), i64(27n)), prime1!), prime4!)),
      );
      whileBytesLeft(f, at, end, 4, () =>
        f.set(hash, L.add(L.mul(L.rotl(L.xor(hash, L.mul(L.fromU32(load.i32(at)), prime1!)), i64(23n)), prime2!), prime3!)),
      );
      whileBytesLeft(f, at, end, 1, () =>
        f.set(hash, L.mul(L.rotl(L.xor(hash, L.mul(L.fromU32(load.u8(at)), prime5!)), i64(11n)), prime1!)),
      );
      f.set(hash, L.mul(L.xor(hash, L.shrU(hash, i64(33n))), prime2!));
      f.set(hash, L.mul(L.xor(hash, L.shrU(hash, i64(29n))), prime3!));
      f.return(L.xor(hash, L.shrU(hash, i64(32n))));
    }),
  );
}

/** Writes a loop of `body` that runs while at least `bytes` bytes are left before `end`, and each time advances `at` by them. */
function whileBytesLeft(f: FunctionBuilder, at: Local, end: Local, bytes: number, body: () => void): void {
  f.block((done) => {
    f.loop((again) => {
      f.branchIf(done, I.ltU(I.sub(end, at), i32(bytes)));
      body();
      f.set(at, I.add(at, i32(bytes)));
      f.branch(again);
    });
  });
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { copyBytes } from "../../datasets/copy-bytes.ts";

test("copyBytes copies every byte and no other, wherever both begin, to memory that is shared or not", () => {
  const source = Uint8Array.from({ length: 40_100 }, (_, index) => (index * 7 + (index >> 8)) % 255);
  for (const buffer of [new SharedArrayBuffer(40_200), new ArrayBuffer(40_200)]) {
    for (const length of [0, 1, 64, 65, 1000, 16_384, 16_385, 40_000]) {
      for (const [from, to] of [
        [0, 0],
        [1, 0],
        [0, 4],
        [3, 7],
        [8, 16],
        [5, 13],
      ] as const) {
        const all = new Uint8Array(buffer).fill(255);
        copyBytes(source.subarray(from, from + length), all.subarray(to, to + length));
        assert(
          Buffer.from(all.slice(to, to + length)).equals(source.subarray(from, from + length)),
          `${length} bytes from ${from} to ${to}`,
        );
        assert(all.subarray(0, to).every((byte) => byte === 255) && all.subarray(to + length).every((byte) => byte === 255));
      }
    }
  }
});

test("copyBytes refuses what does not fit", () => {
  assert.throws(() => copyBytes(new Uint8Array(100), new Uint8Array(new SharedArrayBuffer(100), 4)), RangeError);
});

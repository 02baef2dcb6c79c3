import assert from "node:assert/strict";
import { test } from "node:test";
import { snappyCompress } from "hyparquet-writer/src/snappy.js";
import { decompressSnappy } from "../../../datasets/compression/snappy.ts";
import { sequence } from "../read-for-test.ts";

const compress = (content: Uint8Array): Uint8Array => new Uint8Array(snappyCompress(content));

function decompress(block: readonly number[] | Uint8Array, length: number): Uint8Array {
  const output = new Uint8Array(length);
  decompressSnappy(Uint8Array.from(block), output);
  return output;
}

const text = (content: string) => [...new TextEncoder().encode(content)];

test("blocks of hyparquet's compressor come back, of random and of repetitive bytes", () => {
  const next = sequence(7);
  for (const length of [1, 2, 59, 60, 61, 255, 256, 257, 3000, 70_000]) {
    for (const kinds of [2, 7, 256]) {
      const content = Uint8Array.from({ length }, () => next(kinds));
      assert.deepEqual(decompress(compress(content), length), content, `${length} bytes of ${kinds} kinds`);
    }
  }
});

test("every kind of tag is read: literals with one to four bytes of length, copies by one, two and four bytes", () => {
  const abc = text("abcdefghij");
  const literal = [(10 - 1) << 2, ...abc];
  const cases: readonly [string, readonly number[], string][] = [
    ["length in one byte", [60 << 2, 9, ...abc], "abcdefghij"],
    ["in two", [61 << 2, 9, 0, ...abc], "abcdefghij"],
    ["in three", [62 << 2, 9, 0, 0, ...abc], "abcdefghij"],
    ["in four", [63 << 2, 9, 0, 0, 0, ...abc], "abcdefghij"],
    ["copy by one byte", [...literal, ((4 - 4) << 2) | 1, 10], "abcdefghijabcd"],
    ["by two", [...literal, ((6 - 1) << 2) | 2, 10, 0], "abcdefghijabcdef"],
    ["by four", [...literal, ((6 - 1) << 2) | 3, 10, 0, 0, 0], "abcdefghijabcdef"],
    ["of one byte", [...literal, (0 << 2) | 2, 1, 0], "abcdefghijj"],
    ["repeating three bytes", [...literal, ((8 - 1) << 2) | 2, 3, 0], "abcdefghijhijhijhi"],
    ["repeating four", [...literal, ((9 - 1) << 2) | 2, 4, 0], "abcdefghijghijghijg"],
    ["repeating eight", [...literal, ((20 - 1) << 2) | 2, 8, 0], "abcdefghijcdefghijcdefghijcdef"],
    ["repeating one", [...literal, ((40 - 1) << 2) | 2, 1, 0], `abcdefghij${"j".repeat(40)}`],
  ];
  for (const [name, block, expected] of cases)
    assert.deepEqual([...decompress([expected.length, ...block], expected.length)], text(expected), name);
});

test("a block that is cut off, points before its front, or has another length is refused", () => {
  const content = Uint8Array.from({ length: 500 }, (_, index) => index % 50);
  const block = compress(content);
  for (let end = 0; end < block.length; end++) assert.throws(() => decompress(block.subarray(0, end), 500), `cut at ${end}`);
  for (const length of [0, 499, 501]) assert.throws(() => decompress(block, length), /header says|damaged/);
  assert.throws(() => decompress([8, 3 << 2, 1, 2, 3, 4, (3 << 2) | 2, 5, 0], 8), /damaged/, "five bytes before the fifth");
  assert.throws(() => decompress([8, 3 << 2, 1, 2, 3, 4, (3 << 2) | 2, 0, 0], 8), /damaged/, "no distance");
  assert.throws(() => decompress([8, 63 << 2, 255, 255, 255, 255, 1, 2, 3, 4], 8), /damaged/, "a literal of 2^32 bytes");
  assert.throws(() => decompress([255, 255, 255, 255, 255, 1], 8), /damaged/);
});

test("damaged blocks give bytes of the right length or an error, and leave what lies behind alone", () => {
  const content = Uint8Array.from({ length: 300 }, (_, index) => (index * index) % 40);
  const block = compress(content);
  const next = sequence(11);
  for (let round = 0; round < 500; round++) {
    const damaged = block.slice();
    damaged[next(damaged.length)]! ^= 1 << next(8);
    const memory = new Uint8Array(400).fill(9);
    try {
      decompressSnappy(damaged, memory.subarray(0, 300));
    } catch {
      // Refused.
    }
    assert.ok(memory.subarray(300).every((byte) => byte === 9));
  }
});

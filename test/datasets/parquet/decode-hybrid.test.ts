import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeHybrid } from "../../../datasets/parquet/decode-hybrid.ts";
import { sequence } from "../read-for-test.ts";

/** Bit-packed run of a multiple of eight values, straight from the format's words: little-endian, low bits first. */
function packed(values: readonly number[], width: number): number[] {
  const bits = values.flatMap((value) => Array.from({ length: width }, (_, bit) => Math.floor(value / 2 ** bit) % 2));
  const bytes = Array.from({ length: bits.length / 8 }, (_, byte) =>
    bits.slice(byte * 8, byte * 8 + 8).reduceRight((sum, bit) => sum * 2 + bit, 0),
  );
  return [((values.length / 8) << 1) | 1, ...bytes];
}

function decode(bytes: readonly number[], width: number, count: number): number[] {
  const output = new Uint32Array(count);
  decodeHybrid(Uint8Array.from(bytes), 0, bytes.length, width, output, count);
  return [...output];
}

test("decodeHybrid reads bit-packed runs of every width", () => {
  const draw = sequence(3);
  for (let width = 1; width <= 32; width++) {
    const values = Array.from({ length: 24 }, () => draw(2 ** width));
    assert.deepEqual(decode(packed(values, width), width, 24), values, `width ${width}`);
    assert.deepEqual(decode(packed(values, width), width, 21), values.slice(0, 21), `width ${width}, the last three are padding`);
  }
});

test("decodeHybrid reads repeated values of one to four bytes, between packed ones", () => {
  const bytes = [10 << 1, 7, ...packed([1, 2, 3, 4, 5, 6, 7, 0], 3), 2 << 1, 5];
  assert.deepEqual(decode(bytes, 3, 20), [...Array(10).fill(7), 1, 2, 3, 4, 5, 6, 7, 0, 5, 5]);
  assert.deepEqual(decode([3 << 1, 1, 2, 3], 24, 3), Array(3).fill(0x030201));
  assert.deepEqual(decode([3 << 1, 1, 2, 3, 0x84], 32, 3), Array(3).fill(0x84030201));
});

test("decodeHybrid gives zeros for a width of zero", () => {
  assert.deepEqual(decode([], 0, 3), [0, 0, 0]);
});

test("decodeHybrid refuses runs that overrun, hold nothing or hold impossible values", () => {
  assert.throws(() => decode([], 1, 1), /overruns/);
  assert.throws(() => decode([8 << 1], 1, 8), /overruns/);
  assert.throws(() => decode([3, 255, 255], 8, 8), /overruns/);
  assert.throws(() => decode([255, 255, 255, 255, 255, 1], 1, 8), /overruns/);
  assert.throws(() => decode([0, 0, 0], 1, 1), /empty/);
  assert.throws(() => decode([2 << 1, 4], 2, 2), /no value of 2 bits/);
});

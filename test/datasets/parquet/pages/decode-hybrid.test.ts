import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeGathered, decodeLevels } from "../../../../datasets/parquet/pages/decode-hybrid.ts";
import { openPage } from "../../../../datasets/parquet/pages/page-content.ts";
import { sequence } from "../../read-for-test.ts";

/** Bit-packed run of a multiple of eight values, straight from the format's words: little-endian, low bits first. */
function packed(values: readonly number[], width: number): number[] {
  const bits = values.flatMap((value) => Array.from({ length: width }, (_, bit) => Math.floor(value / 2 ** bit) % 2));
  const bytes = Array.from({ length: bits.length / 8 }, (_, byte) =>
    bits.slice(byte * 8, byte * 8 + 8).reduceRight((sum, bit) => sum * 2 + bit, 0),
  );
  return [((values.length / 8) << 1) | 1, ...bytes];
}

const placed = (bytes: readonly number[], room: readonly number[]) =>
  openPage({ body: Uint8Array.from(bytes), bare: 0, isCompressed: false, size: bytes.length }, "UNCOMPRESSED", room);

function levelsOf(bytes: readonly number[], width: number, count: number): number[] {
  const content = placed(bytes, [count]);
  return [...decodeLevels(content, content.bytes, width, count)];
}

/** The values of a dictionary whose values are ten times their indexes, decoded to shared memory that is aligned for no more than one of them. */
function gathered(bytes: readonly number[], width: number, count: number, entries: number, size: 1 | 4 | 8 = 4): number[] {
  const values = size === 8 ? new Float64Array(entries) : size === 4 ? new Uint32Array(entries) : new Uint8Array(entries);
  for (let index = 0; index < entries; index++) values[index] = 10 * index;
  const dictionary = new Uint8Array(values.buffer);
  const content = placed(bytes, [dictionary.length, size * count]);
  const output = new Uint8Array(new SharedArrayBuffer(size * (count + 1)), size, size * count);
  decodeGathered(content, content.bytes, width, { output, dictionary, size });
  const found = output.slice();
  return [...(size === 8 ? new Float64Array(found.buffer) : size === 4 ? new Uint32Array(found.buffer) : found)];
}

test("levels of every width are read from packed runs, and no more of them than are wanted", () => {
  const draw = sequence(3);
  for (let width = 1; width <= 8; width++) {
    const values = Array.from({ length: 24 }, () => draw(2 ** width));
    for (const count of [24, 21, 16, 1])
      assert.deepEqual(levelsOf(packed(values, width), width, count), values.slice(0, count), `width ${width}, ${count} of 24`);
  }
});

test("indexes of every width are looked up, for values of one, four and eight bytes", () => {
  const draw = sequence(5);
  for (let width = 1; width <= 32; width++) {
    const entries = Math.min(2 ** width, 25);
    const indexes = Array.from({ length: 24 }, () => draw(entries));
    for (const size of [1, 4, 8] as const)
      for (const count of [24, 21, 3])
        assert.deepEqual(
          gathered(packed(indexes, width), width, count, entries, size),
          indexes.slice(0, count).map((index) => 10 * index),
          `width ${width}, ${count} of 24, ${size} bytes`,
        );
  }
});

test("repeated values of one to four bytes are read, between packed ones", () => {
  const bytes = [10 << 1, 7, ...packed([1, 2, 3, 4, 5, 6, 7, 0], 3), 2 << 1, 5];
  const expected = [...Array(10).fill(7), 1, 2, 3, 4, 5, 6, 7, 0, 5, 5];
  assert.deepEqual(levelsOf(bytes, 3, 20), expected);
  assert.deepEqual(
    gathered(bytes, 3, 20, 8),
    expected.map((index) => 10 * index),
  );
  assert.deepEqual(gathered([3 << 1, 1, 2, 0], 24, 3, 514), Array(3).fill(5130));
  assert.deepEqual(gathered([3 << 1, 1, 2, 0, 0], 32, 3, 514), Array(3).fill(5130));
});

test("a width of zero means the first value alone", () => {
  assert.deepEqual(levelsOf([], 0, 3), [0, 0, 0]);
  assert.deepEqual(gathered([], 0, 3, 1), [0, 0, 0]);
  assert.throws(() => gathered([], 0, 3, 0), /beyond the dictionary's 0 values/);
});

test("runs that overrun, hold nothing or hold impossible values are refused", () => {
  assert.throws(() => levelsOf([], 1, 1), /overruns/);
  assert.throws(() => levelsOf([8 << 1], 1, 8), /overruns/);
  assert.throws(() => levelsOf([3, 255, 255], 8, 8), /overruns/);
  assert.throws(() => levelsOf([255, 255, 255, 255, 255, 1], 1, 8), /overruns/);
  assert.throws(() => levelsOf([0, 0, 0], 1, 1), /empty/);
  assert.throws(() => levelsOf([2 << 1, 4], 2, 2), /no value of 2 bits/);
});

test("an index beyond the dictionary is refused wherever it stands", () => {
  for (let at = 0; at < 19; at++) {
    const indexes = Array.from({ length: 24 }, (_, index) => (index === at ? 5 : index % 5));
    assert.throws(() => gathered(packed(indexes, 3), 3, 19, 5), /beyond the dictionary's 5 values/, `at ${at}`);
  }
  assert.throws(() => gathered([3 << 1, 255, 255, 255, 255], 32, 3, 5), /beyond the dictionary's 5 values/);
  assert.throws(() => gathered(packed([0, 0, 0, 4294967295, 0, 0, 0, 0], 32), 32, 8, 5), /beyond the dictionary's 5 values/);
});

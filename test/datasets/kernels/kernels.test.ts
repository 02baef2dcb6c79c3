import assert from "node:assert/strict";
import { test } from "node:test";
import { type Area, type Kernels, slack, takeArea } from "../../../datasets/kernels/kernels.ts";
import { sequence } from "../read-for-test.ts";

/** Places bytes at the area's front; returns the area, and where a kernel may write. */
function placed(bytes: Uint8Array, more: number): { readonly area: Area; readonly to: number; readonly view: DataView } {
  const gap = Math.ceil((bytes.length + slack) / 8) * 8;
  const area = takeArea(gap + more + slack);
  area.bytes.fill(77, area.base, area.base + gap + more + slack);
  area.bytes.set(bytes, area.base);
  return { area, to: area.base + gap, view: new DataView(area.buffer) };
}
const random = (length: number, seed = 1): Uint8Array => {
  const next = sequence(seed);
  return Uint8Array.from({ length }, () => next(256));
};

test("swap kernels turn the bytes of every value round, whatever their number, and in place", () => {
  for (const size of [2, 4, 8] as const) {
    for (const count of [0, 1, 3, 15, 16, 17, 100]) {
      const bytes = random(count * size, count + 1);
      const expected = Array.from(bytes, (_, at) => bytes[at - (at % size) + (size - 1 - (at % size))]);
      const { area, to } = placed(bytes, bytes.length);
      area.kernels[`swap${size}`](area.base, to, bytes.length);
      assert.deepEqual([...area.bytes.subarray(to, to + bytes.length)], expected);
      area.kernels[`swap${size}`](area.base, area.base, bytes.length);
      assert.deepEqual([...area.bytes.subarray(area.base, area.base + bytes.length)], expected);
    }
  }
});

test("toFloat64 and unsignedToFloat64 give the nearest float64 of every integer", () => {
  const integers = [0n, 1n, -1n, 2n ** 53n + 1n, -(2n ** 63n), 2n ** 63n - 1n, 123456789012345678n];
  const { area } = placed(new Uint8Array(BigInt64Array.from(integers).buffer), 0);
  area.kernels.toFloat64(area.base, integers.length);
  assert.deepEqual([...new Float64Array(area.buffer, area.base, integers.length)], integers.map(Number));
  const unsigned = integers.map((each) => BigInt.asUintN(64, each));
  const again = placed(new Uint8Array(BigUint64Array.from(unsigned).buffer), 0).area;
  again.kernels.unsignedToFloat64(again.base, integers.length);
  assert.deepEqual([...new Float64Array(again.buffer, again.base, integers.length)], unsigned.map(Number));
});

test("normalise makes 1 of what is not 0", () => {
  const { area } = placed(Uint8Array.of(0, 1, 2, 255, 0, 128), 0);
  area.kernels.normalise(area.base, 6);
  assert.deepEqual([...area.bytes.subarray(area.base, area.base + 6)], [0, 1, 1, 1, 0, 1]);
});

function runOffsets(stored: readonly number[], zero: number, shift: number, base: number): readonly number[] | "wrong" {
  const bytes = new Uint8Array(4 * stored.length);
  for (const [index, value] of stored.entries()) new DataView(bytes.buffer).setUint32(4 * index, value);
  const { area, to } = placed(bytes, bytes.length + 16);
  const wrong = area.kernels.offsets(area.base, to, stored.length, zero, shift, 2 ** shift - 1, base);
  return wrong ? "wrong" : [...new Uint32Array(area.buffer, to, stored.length)];
}

test("offsets counts values from a base, and finds any entry that begins before the one before it or within a value", () => {
  const next = sequence(3);
  for (const count of [1, 2, 3, 4, 5, 8, 31, 100]) {
    let at = 70;
    const stored = Array.from({ length: count }, () => {
      const start = at;
      at += 4 * next(5);
      return start;
    });
    const expected = stored.map((each) => (each - 70) / 4 + 1000);
    assert.deepEqual(runOffsets(stored, 70, 2, 1000), expected);
    for (let index = 0; index < count; index++) {
      const odd = stored.with(index, stored[index]! + 1);
      assert.equal(runOffsets(odd, 70, 2, 1000), "wrong", `${count}: ${index} is within a value`);
      if (index === 0 || stored[index - 1]! < 74) continue;
      assert.equal(runOffsets(stored.with(index, stored[index - 1]! - 4), 70, 2, 1000), "wrong", `${count}: ${index} falls`);
    }
  }
});

function vectorEntry(size: number, values: Uint8Array): number[] {
  const length = 6 + values.length;
  return [0x40, length >> 16, (length >> 8) & 255, length & 255, 0, 9, 0, 0, 0, values.length / size, ...values];
}

test("vectors leaves out the headers, counts the values, and refuses any other header", () => {
  for (const size of [1, 2, 4, 8] as const) {
    const entries = [3, 0, 1, 20, 0].map((count, index) => vectorEntry(size, random(count * size, index)));
    const content = Uint8Array.from(entries.flat());
    const run = (bytes: Uint8Array) => {
      const { area, to } = placed(bytes, 400 + slack + 40);
      const starts = to + 400 + slack;
      const view = new Uint32Array(area.buffer, starts, 6);
      let end = 0;
      for (const [index, entry] of [...entries, []].entries()) {
        view[index] = end;
        end += entry.length;
      }
      const kernel: Kernels["vectors1"] = area.kernels[`vectors${size}`];
      const outcome = kernel(area.base, starts, 5, to, 10);
      return { outcome, offsets: [...view], values: [...area.bytes.subarray(to, to + 24 * size)] };
    };
    const expected = entries.flatMap((entry) => {
      const values = entry.slice(10);
      return values.map((_, at) => values[at - (at % size) + (size - 1 - (at % size))]!);
    });
    assert.deepEqual(run(content), { outcome: 0, offsets: [10, 13, 13, 14, 34, 34], values: expected });
    let start = 0;
    for (const [entry, { length }] of entries.entries()) {
      for (const at of [0, 1, 2, 3, 6, 7, 8, 9]) {
        const damaged = content.slice();
        damaged[start + at]! ^= 1;
        assert.equal(run(damaged).outcome, entry + 1, `size ${size}, entry ${entry}, byte ${at}`);
      }
      const memberwise = content.slice();
      memberwise[start + 4]! |= 0x40;
      assert.equal(run(memberwise).outcome, entry + 1);
      start += length;
    }
  }
});

/** A block of LZ4 that refers back by all distances and lengths, and its content by the definition of the format. */
function drawLz4(seed: number): { readonly block: number[]; readonly content: number[] } {
  const next = sequence(seed);
  const block: number[] = [];
  const content: number[] = [];
  const extended = (length: number) => {
    if (length < 15) return [];
    const rest = length - 15;
    return [...new Array<number>(Math.floor(rest / 255)).fill(255), rest % 255];
  };
  for (let left = next(30); left >= 0; left--) {
    const literals = Array.from({ length: content.length === 0 ? 1 + next(40) : next(8) === 0 ? next(600) : next(20) }, () => next(256));
    const match = next(6) === 0 ? next(700) : next(30);
    const isLast = left === 0;
    block.push((Math.min(15, literals.length) << 4) | (isLast ? 0 : Math.min(15, match)), ...extended(literals.length), ...literals);
    content.push(...literals);
    if (isLast) break;
    const distance = 1 + next(Math.min(content.length, next(2) ? 20 : 65_535));
    block.push(distance & 255, distance >> 8, ...extended(match));
    for (let each = 0; each < match + 4; each++) content.push(content[content.length - distance]!);
  }
  return { block, content };
}

test("lz4 decodes blocks that refer back by any distance and length, and refuses another length or a cut block", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const { block, content } = drawLz4(seed);
    const { area, to } = placed(Uint8Array.from(block), content.length);
    const run = (bytes: number, length: number) => area.kernels.lz4(area.base, bytes, to, length);
    assert.equal(run(block.length, content.length), 1);
    assert.deepEqual([...area.bytes.subarray(to, to + content.length)], content, `seed ${seed}`);
    assert.equal(run(block.length, content.length - 1), 0);
    assert.equal(run(block.length, content.length + 1), 0);
    for (let end = Math.max(0, block.length - 5); end < block.length; end++) assert.equal(run(end, content.length), 0);
  }
});

test("lz4 writes nothing but its target and the slack behind it, whatever the block says", () => {
  const next = sequence(9);
  for (let round = 0; round < 500; round++) {
    const { block, content } = drawLz4(round + 1);
    for (let each = 0; each < 3; each++) block[next(block.length)] = next(256);
    const { area, to } = placed(Uint8Array.from(block), content.length);
    const end = to + content.length + slack;
    const before = area.bytes.slice(area.base, to);
    area.bytes.fill(77, to - 0, end + 64);
    area.kernels.lz4(area.base, block.length, to, content.length);
    assert.deepEqual(area.bytes.slice(area.base, to), before);
    assert.ok(area.bytes.subarray(end, end + 64).every((byte) => byte === 77));
  }
});

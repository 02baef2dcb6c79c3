import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteWriter } from "hyparquet-writer/src/bytewriter.js";
import { deltaBinaryPack } from "hyparquet-writer/src/delta.js";
import { takeArea } from "../../../datasets/kernels/kernels.ts";
import { sequence } from "../read-for-test.ts";

const varint = (value: bigint): number[] => (value < 128n ? [Number(value)] : [Number(value & 127n) | 128, ...varint(value >> 7n)]);
const zigzag = (value: bigint): number[] => varint(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)));

/** Encodes one block of four parts of 32 values each, all with the given width, whatever width the values need. */
function encode(values: readonly bigint[], width: number): number[] {
  const differences = values.slice(1).map((value, index) => BigInt.asIntN(64, value - values[index]!));
  const [least = 0n] = differences.toSorted((a, b) => Number(a > b) - Number(a < b));
  const parts = Math.ceil(differences.length / 32);
  const bytes = [...varint(128n), ...varint(4n), ...varint(BigInt(values.length)), ...zigzag(values[0]!), ...zigzag(least)];
  bytes.push(...Array.from({ length: 4 }, (_, part) => (part < parts ? width : 0)));
  let bits = 0n;
  for (const [index, difference] of differences.entries())
    bits |= (BigInt.asUintN(64, difference - least) & ((1n << BigInt(width)) - 1n)) << BigInt(index * width);
  for (let byte = 0; byte < parts * 4 * width; byte++) bytes.push(Number((bits >> BigInt(8 * byte)) & 255n));
  return bytes;
}

function decode(bytes: readonly number[] | Uint8Array, count: number, size: 4 | 8): readonly (number | bigint)[] | "refused" {
  const to = Math.ceil((bytes.length + 128) / 64) * 64;
  const { kernels, buffer, base, bytes: area } = takeArea(to + 8 * count + 64);
  area.set(bytes, base);
  const end = kernels[`deltas${size}`](base, bytes.length, count, base + to);
  if (end === 0) return "refused";
  assert.equal(end, bytes.length);
  return size === 8 ? [...new BigInt64Array(buffer, base + to, count)] : [...new Int32Array(buffer, base + to, count)];
}

test("differences of every width are added up, in 64 bits that wrap around", () => {
  const next = sequence(17);
  for (let width = 0; width <= 64; width++) {
    const values = [BigInt(next(2 ** 32)) - 2n ** 31n];
    for (let index = 1; index < 100; index++) {
      const step = width === 0 ? 7n : BigInt.asUintN(width, (BigInt(next(2 ** 32)) << 32n) | BigInt(next(2 ** 32)));
      values.push(BigInt.asIntN(64, values[index - 1]! + step));
    }
    // The steps themselves are the rests above a least difference of 0, or 7.
    values.push(values[99]! + (width === 0 ? 7n : 0n));
    const used = Math.max(width, width === 64 ? 64 : 0);
    assert.deepEqual(decode(encode(values, used), values.length, 8), values, `width ${width}`);
  }
});

test("unsigned integers of 32 bits come back from differences that need 33, as some writers have them", () => {
  const values = [3316772238n, 0n, 4294967295n, 1n, 3059122549n, 1541877881n];
  assert.deepEqual(
    decode(encode(values, 33), values.length, 4),
    values.map((value) => Number(BigInt.asIntN(32, value))),
  );
});

test("what hyparquet's writer packs comes back, of any number of values", () => {
  const next = sequence(19);
  for (const count of [1, 2, 32, 33, 129, 1000]) {
    const values = Array.from({ length: count }, () => next(2 ** 32) - 2 ** 31);
    const writer = new ByteWriter();
    deltaBinaryPack(writer, values, "INT32");
    assert.deepEqual(decode(writer.getBytes(), count, 4), values, `${count} values`);
  }
});

test("cut off, too few, in parts of no whole bytes or wider than 64 bits they are refused", () => {
  const values = Array.from({ length: 100 }, (_, index) => BigInt(index * index));
  const sound = encode(values, 9);
  for (let end = 0; end < sound.length - 32; end++) assert.equal(decode(sound.slice(0, end), 100, 8), "refused", `cut at ${end}`);
  assert.equal(decode(sound, 101, 8), "refused");
  assert.equal(decode([...varint(100n), ...varint(4n), ...sound.slice(3)], 100, 8), "refused");
  assert.equal(decode([...varint(128n), ...varint(0n), ...sound.slice(3)], 100, 8), "refused");
  assert.equal(decode([...varint(128n), ...varint(2n ** 31n), ...sound.slice(3)], 100, 8), "refused");
  const wide = encode(values, 64);
  wide[7] = 65;
  assert.equal(decode(wide, 100, 8), "refused");
});

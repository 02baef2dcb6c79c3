import assert from "node:assert/strict";
import { test } from "node:test";
import { decodePage } from "../../../../datasets/root/rntuple/decode-page.ts";

/** Numbers of column types. */
const [int64, uint64, splitInt64, splitUint64, int32, uint32, splitIndex64] = [9, 10, 21, 22, 7, 8, 27] as const;

const integers = [0n, -1n, 1n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)];
const unsigned = integers.map((each) => BigInt.asUintN(64, each));
const bytesOf = (values: readonly bigint[]) => new Uint8Array(BigUint64Array.from(values, (each) => BigInt.asUintN(64, each)).buffer);

function split(bytes: Uint8Array): Uint8Array {
  const count = bytes.length / 8;
  return Uint8Array.from(bytes, (_, at) => bytes[(at % count) * 8 + Math.floor(at / count)]!);
}

function decode<Values extends Parameters<typeof decodePage>[3]>(content: Uint8Array, type: number, elements: number, output: Values) {
  // Wherever it begins in memory.
  const shifted = new Uint8Array(content.length + 1);
  shifted.set(content, 1);
  const bits = (8 * content.length) / elements;
  decodePage(shifted.subarray(1), { id: 0, type, bits }, { elements, skip: elements - output.length }, output);
  return [...output];
}

test("64-bit integers are exact in arrays of such, plain and split, from any element on", () => {
  const zigzag = integers.map((each) => (each < 0n ? -2n * each - 1n : 2n * each));
  for (const skip of [0, 3]) {
    const count = integers.length - skip;
    assert.deepEqual(decode(bytesOf(integers), int64, integers.length, new BigInt64Array(count)), integers.slice(skip));
    assert.deepEqual(decode(bytesOf(unsigned), uint64, integers.length, new BigUint64Array(count)), unsigned.slice(skip));
    assert.deepEqual(decode(split(bytesOf(zigzag)), splitInt64, integers.length, new BigInt64Array(count)), integers.slice(skip));
    assert.deepEqual(decode(split(bytesOf(unsigned)), splitUint64, integers.length, new BigUint64Array(count)), unsigned.slice(skip));
  }
});

test("64-bit integers are the nearest float64 where numbers are asked for", () => {
  assert.deepEqual(decode(bytesOf(integers), int64, integers.length, new Float64Array(integers.length)), integers.map(Number));
  assert.deepEqual(decode(bytesOf(unsigned), uint64, integers.length, new Float64Array(integers.length)), unsigned.map(Number));
});

test("integers of 32 bits are the same in wider arrays", () => {
  const content = new Uint8Array(Int32Array.of(-1, 5, 2 ** 31 - 1, -(2 ** 31)).buffer);
  assert.deepEqual(decode(content, int32, 4, new BigInt64Array(4)), [-1n, 5n, 2n ** 31n - 1n, -(2n ** 31n)]);
  assert.deepEqual(decode(content, uint32, 4, new BigInt64Array(4)), [2n ** 32n - 1n, 5n, 2n ** 31n - 1n, 2n ** 31n]);
  assert.deepEqual(decode(content, uint32, 4, new Float64Array(4)), [2 ** 32 - 1, 5, 2 ** 31 - 1, 2 ** 31]);
});

test("lists that end beyond 32 bits are refused", () => {
  const differences = [2n ** 32n - 2n, 1n];
  assert.deepEqual(decode(split(bytesOf(differences)), splitIndex64, 2, new Uint32Array(2)), [2 ** 32 - 2, 2 ** 32 - 1]);
  for (const beyond of [
    [2n ** 32n - 2n, 2n],
    [2n ** 32n, 0n],
    [0n, -1n],
  ]) {
    assert.throws(() => decode(split(bytesOf(beyond)), splitIndex64, 2, new Uint32Array(2)), /ends beyond 2\^32/);
  }
});

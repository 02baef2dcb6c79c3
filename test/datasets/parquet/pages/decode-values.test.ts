import assert from "node:assert/strict";
import { test } from "node:test";
import type { Encoding } from "hyparquet";
import { ByteWriter } from "hyparquet-writer/src/bytewriter.js";
import { deltaBinaryPack } from "hyparquet-writer/src/delta.js";
import { writeByteStreamSplit } from "hyparquet-writer/src/splitstream.js";
import { decodeValues as decode, roomForValues } from "../../../../datasets/parquet/pages/decode-values.ts";
import { openPage } from "../../../../datasets/parquet/pages/page-content.ts";
import type { Stored, Values } from "../../../../datasets/parquet/stored-values.ts";

const float: Stored = { physical: "FLOAT", unsigned: false };
const int: Stored = { physical: "INT32", unsigned: false };
const long: Stored = { physical: "INT64", unsigned: false };
const bool: Stored = { physical: "BOOLEAN", unsigned: false };

/** Decodes the values of a page that is not compressed and has no levels. */
function decodeValues(body: Uint8Array, encoding: Encoding, stored: Stored, output: Values, dictionary: Values | undefined): void {
  const room = roomForValues(encoding, output.length, output, dictionary);
  const content = openPage({ body, bare: 0, isCompressed: false, size: body.length }, "UNCOMPRESSED", room);
  decode(content, content.bytes, encoding, stored, output, dictionary);
}

function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function written(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter();
  write(writer);
  return writer.getBytes();
}

test("decodeValues copies PLAIN numbers bit by bit, whatever their place in memory", () => {
  const values = new Float32Array([1.5, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e-45]);
  const shifted = new Uint8Array([9, ...bytesOf(values)]).subarray(1);
  const output = new Float32Array(5);
  decodeValues(shifted, "PLAIN", float, output, undefined);
  assert.deepEqual(bytesOf(output), bytesOf(values));
});

test("decodeValues widens to float64 where the files of a dataset differ", () => {
  const output = new Float64Array(3);
  decodeValues(bytesOf(new Float32Array([0.1, 2, -3])), "PLAIN", float, output, undefined);
  assert.deepEqual([...output], [Math.fround(0.1), 2, -3]);
  decodeValues(bytesOf(new Uint32Array([4294967295, 0, 1])), "PLAIN", { ...int, unsigned: true }, output, undefined);
  assert.deepEqual([...output], [4294967295, 0, 1]);
});

test("decodeValues gives the nearest float64 of 64-bit integers", () => {
  const signed = [-(2n ** 63n), 2n ** 63n - 1n, -1n, 0n, 2n ** 53n + 1n, -(2n ** 53n) - 3n, 123456789012n];
  const output = new Float64Array(signed.length);
  decodeValues(bytesOf(BigInt64Array.from(signed)), "PLAIN", long, output, undefined);
  assert.deepEqual([...output], signed.map(Number));
  const unsigned = [2n ** 64n - 1n, 2n ** 63n, 2n ** 63n + 1025n, 1n];
  const half = output.subarray(0, 4);
  decodeValues(bytesOf(BigUint64Array.from(unsigned)), "PLAIN", { ...long, unsigned: true }, half, undefined);
  assert.deepEqual([...half], unsigned.map(Number));
});

test("decodeValues reads booleans as bits and as runs", () => {
  const output = new Uint8Array(10);
  decodeValues(Uint8Array.of(0b10110001, 0b10), "PLAIN", bool, output, undefined);
  assert.deepEqual([...output], [1, 0, 0, 0, 1, 1, 0, 1, 0, 1]);
  decodeValues(Uint8Array.of(4, 0, 0, 0, 7 << 1, 1, 3 << 1, 0), "RLE", bool, output, undefined);
  assert.deepEqual([...output], [1, 1, 1, 1, 1, 1, 1, 0, 0, 0]);
});

test("decodeValues looks dictionary indexes up and refuses those past its end", () => {
  const dictionary = new Float32Array([0.5, 1.5, 2.5]);
  const output = new Float32Array(4);
  decodeValues(Uint8Array.of(2, 3, 0b00_01_10_00, 0), "RLE_DICTIONARY", float, output, dictionary);
  assert.deepEqual([...output], [0.5, 2.5, 1.5, 0.5]);
  assert.throws(
    () => decodeValues(Uint8Array.of(2, 8, 3), "PLAIN_DICTIONARY", float, output, dictionary),
    /beyond the dictionary's 3 values/,
  );
  assert.throws(() => decodeValues(Uint8Array.of(2, 8, 3), "PLAIN_DICTIONARY", float, output, undefined), /needs a dictionary/);
  assert.throws(() => decodeValues(Uint8Array.of(60, 8, 3), "PLAIN_DICTIONARY", float, output, dictionary), /60 bits/);
});

test("decodeValues refuses pages that end before what they must have", () => {
  const dictionary = new Float32Array([0.5]);
  const empty = new Uint8Array(0);
  assert.throws(() => decodeValues(empty, "RLE_DICTIONARY", float, new Float32Array(2), dictionary), /ends before its dictionary indexes/);
  assert.throws(() => decodeValues(empty, "RLE", bool, new Uint8Array(2), undefined), /ends before its booleans/);
});

test("decodeValues joins split byte streams", () => {
  const values = [1.25, -7.5, 3e30];
  const output = new Float32Array(3);
  const bytes = written((writer) => writeByteStreamSplit(writer, values, "FLOAT", undefined));
  decodeValues(bytes, "BYTE_STREAM_SPLIT", float, output, undefined);
  assert.deepEqual([...output], values.map(Math.fround));
  assert.throws(() => decodeValues(bytes.subarray(1), "BYTE_STREAM_SPLIT", float, output, undefined), /need 12 bytes/);
});

test("decodeValues adds deltas up", () => {
  const values = Array.from({ length: 300 }, (_, index) => index * index - 40_000 * (index % 3));
  const output = new Int32Array(300);
  decodeValues(
    written((writer) => deltaBinaryPack(writer, values, "INT32")),
    "DELTA_BINARY_PACKED",
    int,
    output,
    undefined,
  );
  assert.deepEqual([...output], values);
  const longs = values.map((value) => BigInt(value) * 10n ** 10n);
  const doubles = new Float64Array(300);
  decodeValues(
    written((writer) => deltaBinaryPack(writer, longs, "INT64")),
    "DELTA_BINARY_PACKED",
    long,
    doubles,
    undefined,
  );
  assert.deepEqual([...doubles], longs.map(Number));
  assert.throws(
    () => decodeValues(Uint8Array.of(128, 1, 200, 200, 3, 0), "DELTA_BINARY_PACKED", int, output, undefined),
    /differences are damaged/,
  );
});

test("decodeValues refuses too few bytes and encodings it does not know", () => {
  assert.throws(
    () => decodeValues(new Uint8Array(7), "PLAIN", float, new Float32Array(2), undefined),
    /2 values need 8 bytes, the page has 7/,
  );
  assert.throws(() => decodeValues(new Uint8Array(1), "PLAIN", bool, new Uint8Array(9), undefined), /9 booleans/);
  assert.throws(
    () => decodeValues(new Uint8Array(8), "DELTA_BYTE_ARRAY", float, new Float32Array(2), undefined),
    /DELTA_BYTE_ARRAY is not supported/,
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { decodePlain } from "../../../../datasets/parquet/pages/decode-plain.ts";

const bytesOf = ({ buffer }: ArrayBufferView<ArrayBuffer>): Uint8Array => new Uint8Array(buffer);

/** The bytes of a value in FIXED_LEN_BYTE_ARRAY. */
const bigEndian = (value: bigint, width: number): number[] =>
  Array.from({ length: width }, (_, byte) => Number((value >> BigInt(8 * (width - 1 - byte))) & 255n));

test("decimals are the float64 nearest to what is written, as integers of four and eight bytes", () => {
  const output = new Float64Array(4);
  const scaled = (physical: "INT32" | "INT64", scale: number) => ({ physical, unsigned: false, scale });
  decodePlain(bytesOf(Int32Array.of(12345, -1, 0, 2147483647)), scaled("INT32", 2), output);
  assert.deepEqual([...output], [123.45, -0.01, 0, 21474836.47]);
  decodePlain(bytesOf(BigInt64Array.of(10n ** 17n + 1n, -(2n ** 63n), 3n, 9007199254740993n)), scaled("INT64", 6), output);
  assert.deepEqual([...output], ["100000000000.000001", "-9223372036854.775808", "0.000003", "9007199254.740993"].map(Number));
});

test("decimals of any number of bytes are read, the highest byte first", () => {
  const values = [-1n, 0n, 255n, -(10n ** 37n) - 7n, 12345678901234567890123456789012345678n];
  const output = new Float64Array(values.length);
  const stored = { physical: "FIXED_LEN_BYTE_ARRAY", unsigned: false, width: 16, scale: 10 } as const;
  decodePlain(Uint8Array.from(values.flatMap((value) => bigEndian(value, 16))), stored, output);
  assert.deepEqual([...output], ["-1e-10", "0", "2.55e-8", "-1e27", "1234567890123456789012345678.9012345678"].map(Number));
  const narrow = new Float64Array(2);
  decodePlain(Uint8Array.from([...bigEndian(-300n, 3), ...bigEndian(8388607n, 3)]), { ...stored, width: 3, scale: 25 }, narrow);
  assert.deepEqual([...narrow], [-3e-23, 8388607e-25]);
});

test("the timestamps of older writers count nanoseconds from 1970 on, exactly", () => {
  const words = new Uint32Array(6);
  // Julian day 2440589 is 1970-01-02; 2415021 is 1900-01-01.
  words.set([7, 0, 2440589, 0xffffffff, 0, 2415021]);
  const output = new BigInt64Array(2);
  decodePlain(bytesOf(words), { physical: "INT96", unsigned: false }, output);
  assert.deepEqual([...output], [86_400_000_000_007n, -25567n * 86_400_000_000_000n + 4294967295n]);
  assert.throws(() => decodePlain(bytesOf(words).subarray(1), { physical: "INT96", unsigned: false }, output), /need 24 bytes/);
  // Julian day 1721426 is the first day of the year 1.
  words.set([0, 0, 1721426], 3);
  assert.throws(
    () => decodePlain(bytesOf(words), { physical: "INT96", unsigned: false }, output),
    /a time outside of the years 1678 to 2261/,
  );
});

/** Tests which bounds are taken from a footer's statistics: those that the format defines, and none that make no sense. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ParquetWriter } from "../../../../datasets/parquet/encode-file.ts";
import { boundReaderOf } from "../../../../datasets/parquet/footer/bound-reader.ts";
import { parquet } from "../../../../datasets/parquet/parquet.ts";

const columns = (scale: number) => [
  { name: "count", values: Int32Array.of(-3 * scale, 5, 9) },
  { name: "flag", values: Uint8Array.of(1, 1, 1) },
  { name: "zero", values: Float32Array.of(0, 0, 1) },
  { name: "odd", values: Float64Array.of(Number.NaN, 2.5 * scale, -1) },
  { name: "gone", values: Float64Array.of(7, 0, 0), valid: Uint8Array.of(scale === 1 ? 1 : 0, 0, 0) },
  { name: "list", values: Float32Array.of(4, 6), offsets: Uint32Array.of(0, 2, 2, 2) },
];

function fileOf(...scales: readonly number[]): Uint8Array {
  const writer = new ParquetWriter(columns(1), "a test");
  return new Uint8Array(Buffer.concat([writer.begin(), ...scales.flatMap((scale) => writer.addGroup(columns(scale), 3)), writer.end()]));
}

async function boundsIn(file: Uint8Array, partitionEvents?: number) {
  const reader = { byteLength: file.length, slice: async (from: number, to: number) => file.slice(from, to).buffer };
  const description = await parquet.describe(reader as never, "a file", { partitionEvents });
  const all = [...description.shape.columns].map(([name, column]) => [
    name,
    description.units.map((_, unit) => parquet.boundsOf!(description, unit, column)),
  ]);
  return Object.fromEntries(all);
}

const there = { nan: false, missing: false };
const nothing = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY };

test("the statistics of each row group are bounds of its values, NaN and missing ones told apart", async () => {
  const bounds = await boundsIn(fileOf(1, 2));
  assert.deepEqual(bounds.count, [
    { low: -3, high: 9, ...there },
    { low: -6, high: 9, ...there },
  ]);
  assert.deepEqual(bounds.flag[0], { low: 1, high: 1, ...there });
  assert.equal(bounds.zero[0].low === 0 && bounds.zero[0].high, 1);
  assert.deepEqual(bounds.odd[1], { low: -1, high: 5, nan: true, missing: false });
  assert.deepEqual(bounds.gone, [
    { low: 7, high: 7, nan: false, missing: true },
    { ...nothing, nan: false, missing: true },
  ]);
  assert.deepEqual(bounds.list[0], { low: 4, high: 6, ...there });
});

test("a partition of several row groups has the bounds of all of them", async () => {
  const bounds = await boundsIn(fileOf(1, 2, 3), 6);
  assert.deepEqual(bounds.count, [
    { low: -6, high: 9, ...there },
    { low: -9, high: 9, ...there },
  ]);
  assert.deepEqual(bounds.gone[0], { low: 7, high: 7, nan: false, missing: true });
});

test("statistics mean nothing where the file does not say that their order is that of the type", async () => {
  const file = fileOf(1);
  const text = Buffer.from(file);
  // A list of six orders, each of them the first of the union; the last one is made one that nobody knows.
  const orders = text.lastIndexOf(Buffer.from("6c1c00001c00001c00001c00001c00001c0000", "hex"));
  file[orders + 16] = 0x2c;
  const bounds = await boundsIn(file);
  assert.deepEqual(bounds.count, [{ low: -3, high: 9, ...there }]);
  assert.deepEqual(bounds.list, [undefined]);
});

test("bounds beyond a narrow integer's bits, of decimals, text, INT96 and float16 are left alone, and those of 64 bits lie outside", () => {
  const value = { kind: "value", unsigned: false, dtype: "int32" } as const;
  const stated = (write: (view: DataView) => void) => {
    const view = new DataView(new ArrayBuffer(8));
    write(view);
    return view;
  };
  const narrow = boundReaderOf({ ...value, physical: "INT32", bits: 8 })!;
  const least = stated((view) => view.setInt32(0, -128, true));
  const beyond = stated((view) => view.setInt32(0, 128, true));
  assert.equal(narrow.low(least, 0), -128);
  assert(Number.isNaN(narrow.high(beyond, 0)));
  const unsigned = boundReaderOf({ ...value, unsigned: true, physical: "INT64" })!;
  const most = stated((view) => view.setBigUint64(0, 2n ** 64n - 1n, true));
  assert.deepEqual([unsigned.low(most, 0), unsigned.high(most, 0)], [2 ** 64 - 4096, 2 ** 64]);
  for (const physical of ["INT96", "FLOAT16", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"] as const)
    assert.equal(boundReaderOf({ ...value, physical }), undefined);
  assert.equal(boundReaderOf({ ...value, physical: "INT64", scale: 2 }), undefined);
});

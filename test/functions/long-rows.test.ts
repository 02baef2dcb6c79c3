/** Rows of 64-bit integers, as JSON lines and as Parquet that hyparquet reads. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { describeFile } from "../../datasets/formats.ts";
import type { PartialRows } from "../../engine/rows/rows.ts";
import { jsonLines } from "../../functions/dispatch/rows/json-lines.ts";
import { parquetRows } from "../../functions/dispatch/rows/parquet-rows.ts";

const signed = [-(2n ** 63n), -1n, 0n, 2n ** 53n + 1n, 2n ** 63n - 1n];
const unsigned = [0n, 2n ** 63n, 7n, 2n ** 64n - 1n, 2n ** 53n + 1n];
const rows: PartialRows = {
  count: 5,
  columns: [
    { kind: "int64", values: BigInt64Array.from(signed) },
    { kind: "uint64", values: BigUint64Array.from(unsigned), present: Uint8Array.of(1, 1, 0, 1, 1) },
  ],
};
const columns = { signed: 0, unsigned: 1 };
async function* twice() {
  yield rows;
  yield rows;
}
const together = async (pieces: AsyncIterable<Uint8Array>) => {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
};
const expected = [...signed.keys()].map((row) => ({ signed: signed[row], unsigned: row === 2 ? null : unsigned[row] }));

test("64-bit integers are INT64 in Parquet, exact, with their range, and read back as what they were", async () => {
  const bytes = await together(parquetRows(twice(), columns, ["int64", "uint64"]));
  const file = new Uint8Array(bytes).buffer;
  const read = await parquetReadObjects({ file });
  assert.deepEqual(read, [...expected, ...expected]);
  const { row_groups, schema } = parquetMetadata(file);
  assert.deepEqual(
    schema.slice(1).map(({ type, converted_type }) => [type, converted_type]),
    [
      ["INT64", undefined],
      ["INT64", "UINT_64"],
    ],
  );
  const ranges = row_groups[0]!.columns.map(({ meta_data }) => [meta_data!.statistics!.min_value, meta_data!.statistics!.max_value]);
  assert.deepEqual(ranges, [
    [-(2n ** 63n), 2n ** 63n - 1n],
    [0n, 2n ** 64n - 1n],
  ]);
  const reader = { byteLength: file.byteLength, slice: async (start: number, end?: number) => file.slice(start, end) };
  const { shape } = await describeFile(reader, "rows.parquet");
  assert.deepEqual(
    [...shape.columns.values()].map(({ dtype }) => dtype),
    ["int64", "uint64"],
  );
});

test("64-bit integers have all their digits in JSON lines", async () => {
  const text = (await together(jsonLines(twice(), columns))).toString();
  const line = ({ signed, unsigned }: (typeof expected)[number]) => `{"signed":${signed},"unsigned":${unsigned}}\n`;
  assert.equal(text, [...expected, ...expected].map(line).join(""));
});

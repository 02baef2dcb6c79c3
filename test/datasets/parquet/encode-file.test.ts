import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parquetReadObjects } from "hyparquet";
import { encodeFile } from "../../../datasets/parquet/encode-file.ts";
import { makeDirectory, readEntries } from "../read-for-test.ts";

const offsets = new Uint32Array([0, 0, 2, 3, 3, 6, 6]);
const pieces = encodeFile(
  [
    { name: "n", values: new Int32Array([0, 2, 1, 0, 3, 0]), compress: true },
    { name: "pt", values: new Float32Array([1, 2, 3, 4, 5, 6]), offsets },
    { name: "q", values: new Int32Array([1, -1, 1, -1, 1, -1]), offsets, compress: true },
    { name: "w", values: new Float64Array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]) },
  ],
  6,
  "test",
);
const lists = <Value>(values: readonly Value[]) =>
  Array.from(offsets.subarray(0, 6), (start, entry) => values.slice(start, offsets[entry + 1]));

test("encodeFile writes what an independent reader reads", async () => {
  const bytes = new Uint8Array(pieces.flatMap((piece) => [...piece]));
  const rows = await parquetReadObjects({ file: bytes.buffer });
  assert.deepEqual(
    rows.map(({ n }) => n),
    [0, 2, 1, 0, 3, 0],
  );
  assert.deepEqual(
    rows.map(({ pt }) => pt),
    lists([1, 2, 3, 4, 5, 6]),
  );
  assert.deepEqual(
    rows.map(({ q }) => q),
    lists([1, -1, 1, -1, 1, -1]),
  );
  assert.deepEqual(
    rows.map(({ w }) => w),
    [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
  );
});

test("encodeFile writes what readColumn reads", async (t) => {
  const path = join(await makeDirectory(t), "events.parquet");
  await writeFile(path, Buffer.concat(pieces));
  assert.deepEqual(await readEntries(path, "pt"), lists([1, 2, 3, 4, 5, 6]));
  assert.deepEqual(await readEntries(path, "q"), lists([1, -1, 1, -1, 1, -1]));
  assert.deepEqual(await readEntries(path, "n"), [0, 2, 1, 0, 3, 0]);
  assert.deepEqual(await readEntries(path, "w"), [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]);
});

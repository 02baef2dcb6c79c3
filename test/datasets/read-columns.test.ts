/** Tests readColumns with several columns of one partition. The tests of readColumn check the values of each. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createCatalogue } from "../../datasets/catalogue/catalogue.ts";
import type { ColumnLocation } from "../../datasets/dataset.ts";
import { formatNamed, written } from "../../datasets/formats.ts";
import type { ColumnPlace } from "../../datasets/parquet/column-chunk.ts";
import { readColumns } from "../../datasets/read-column.ts";
import { localFiles } from "../../datasets/sources/local/local-files.ts";
import type { ByteReader, Source } from "../../datasets/sources/source.ts";
import { makeDirectory, makeTarget } from "./read-for-test.ts";

const names = ["a", "b", "c"] as const;
const valuesOf = (name: string) => Float32Array.from({ length: 1000 }, (_, entry) => entry * (name.charCodeAt(0) - 96));

async function makeLocations(test: TestContext): Promise<readonly ColumnLocation[]> {
  const pattern = join(await makeDirectory(test), "abc.parquet");
  const columns = names.map((name) => ({ name, values: valuesOf(name) }));
  await writeFile(pattern, Buffer.concat([...(await written.encode(columns, 1000, "test"))]));
  const catalogue = createCatalogue([{ name: "abc", pattern }]);
  const [partition] = (await catalogue.get("abc"))!.partitions;
  return await Promise.all(names.map((name) => catalogue.locate("abc", partition!, name)));
}

/** The files of this machine with another reader of their bytes. */
const through = (change: (reader: ByteReader) => ByteReader): Pick<Source, "open"> => ({
  open: (file, use, options) => localFiles.open(file, (reader) => use(change(reader)), options),
});

test("readColumns gives all columns of a partition, and the bytes that each of them took", async (t) => {
  const locations = await makeLocations(t);
  const wanted = locations.map((location) => ({ location, target: makeTarget(location) }));
  let opened = 0;
  const source = through((reader) => {
    opened++;
    return reader;
  });
  for (const [index, outcome] of (await readColumns(wanted, { source })).entries()) {
    assert(outcome.status === "fulfilled");
    assert.deepEqual(wanted[index]!.target.values, valuesOf(names[index]!));
    const { format, place } = locations[index]!;
    const told = formatNamed(format)
      .ranges({ place })
      .reduce((sum, { start, end }) => sum + end - start, 0);
    assert.equal(outcome.value.cost.bytes, told);
  }
  assert.equal(opened, 1);
});

test("readColumns leaves the offsets of a collection to its first column where that is asked for, and to none whose lists are others", async (t) => {
  const pattern = join(await makeDirectory(t), "lists.parquet");
  const lengths = [Uint32Array.of(0, 2, 2, 3, 6), Uint32Array.of(0, 2, 2, 4, 6)];
  const columns = ["L_a", "L_b", "L_c", "L_d"].map((name, index) => ({
    name,
    values: Float32Array.from({ length: 6 }, (_, at) => at + 10 * index),
    offsets: lengths[index === 2 ? 1 : 0]!,
  }));
  await writeFile(pattern, Buffer.concat([...(await written.encode(columns, 4, "test"))]));
  const catalogue = createCatalogue([{ name: "lists", pattern }]);
  const [partition] = (await catalogue.get("lists"))!.partitions;
  const locations = await Promise.all(columns.map(({ name }) => catalogue.locate("lists", partition!, name)));
  // Requests the columns as if they were believed to be one collection.
  const wanted = locations.map((location) => ({
    location: { ...location, column: { ...location.column, lists: ["L"] } },
    target: makeTarget(location),
  }));
  for (const mayBlock of [false, true]) {
    const outcomes = await readColumns(wanted, { mayBlock, mayShareOffsets: true });
    const from = outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value.offsetsOf : outcome.reason));
    assert.deepEqual(from, [undefined, 0, undefined, 0]);
    for (const [index, { values, offsets }] of columns.entries()) {
      assert.deepEqual(wanted[index]!.target.values.subarray(0, values.length), values);
      assert.deepEqual(wanted[from[index] ?? index]!.target.offsets[0], offsets);
    }
  }
});

test("readColumns fails a damaged column alone, and one that nobody waits for", async (t) => {
  const [a, b, c] = await makeLocations(t);
  const abort = new AbortController();
  const place = b!.place as ColumnPlace;
  const damaged = { ...b!, place: { ...place, chunks: place.chunks.map((chunk) => ({ ...chunk, length: 10 })) } };
  const wanted = [
    { location: a!, target: makeTarget(a!) },
    { location: damaged, target: makeTarget(b!) },
    { location: c!, target: makeTarget(c!), signal: abort.signal },
  ];
  abort.abort(new Error("nobody waits"));
  const [first, second, third] = await readColumns(wanted);
  assert.equal(first!.status, "fulfilled");
  assert(second!.status === "rejected" && third!.status === "rejected");
  assert.match(String(second.reason), /^DatasetError: Cannot read column b of abc\.parquet \(entries 0–1000\), it is damaged/);
  assert.equal(third.reason.message, "nobody waits");
  assert.deepEqual(wanted[2]!.target.values, new Float32Array(1000).fill(77));
});

test("readColumns reads columns of a file that is far away together", async (t) => {
  const locations = await makeLocations(t);
  const wanted = locations.map((location) => ({ location, target: makeTarget(location) }));
  const reads: number[] = [];
  const source = through((reader) => ({
    byteLength: reader.byteLength,
    slice: () => assert.fail("all was told"),
    joined: {
      gap: 1000,
      most: 2 ** 20,
      atATime: 1,
      read: async (ranges) => {
        reads.push(ranges.length);
        return await Promise.all(ranges.map(({ start, end }) => reader.slice(start, end)));
      },
    },
  }));
  const outcomes = await readColumns(wanted, { source });
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    names.map(() => "fulfilled"),
  );
  assert.deepEqual(reads, [3]);
  for (const [index, { target }] of wanted.entries()) assert.deepEqual(target.values, valuesOf(names[index]!));
});

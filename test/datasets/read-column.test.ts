/**
 * Tests what readColumn returns and refuses, over small files of every kind. It has over 300 lines, since its cases share one schema, its rows and the files
 * made of them.
 */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { CompressionCodec, SchemaElement } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { createCatalogue } from "../../datasets/catalogue/catalogue.ts";
import { type ColumnLocation, DatasetError } from "../../datasets/dataset.ts";
import { readColumn } from "../../datasets/read-column.ts";
import { localFiles } from "../../datasets/sources/local/local-files.ts";
import type { Source } from "../../datasets/sources/source.ts";
import { encodeTestFile, floats, listOfFloat, scalarFloat, type TestFile } from "./parquet/first-version-file.ts";
import { type Cell, makeDirectory, makeTarget, readEntries, sequence } from "./read-for-test.ts";

const optional = { repetition_type: "OPTIONAL" } as const;
const listed = (name: string, ...element: SchemaElement[]): SchemaElement[] => [
  { name, converted_type: "LIST", num_children: 1, ...optional },
  { name: "list", num_children: 1, repetition_type: "REPEATED" },
  ...element,
];
const schema: SchemaElement[] = [
  { name: "root", num_children: 7 },
  { name: "f", type: "FLOAT", ...optional },
  { name: "i", type: "INT32", ...optional },
  { name: "u", type: "INT32", converted_type: "UINT_32", repetition_type: "REQUIRED" },
  { name: "l", type: "INT64", ...optional },
  { name: "b", type: "BOOLEAN", ...optional },
  ...listed("Jet_pt", { name: "element", type: "DOUBLE", ...optional }),
  ...listed(
    "Muon",
    { name: "element", num_children: 2, ...optional },
    { name: "pt", type: "FLOAT", ...optional },
    { name: "q", type: "INT32", repetition_type: "REQUIRED" },
  ),
];

interface Row {
  readonly f: number | null;
  readonly i: number | null;
  readonly u: number;
  readonly l: bigint | null;
  readonly b: boolean | null;
  readonly Jet_pt: readonly (number | null)[] | null;
  readonly Muon: readonly ({ readonly pt: number | null; readonly q: number } | null)[] | null;
}

function drawRows(count: number): Row[] {
  const draw = sequence(11);
  const maybe = <Value>(value: Value): Value | null => (draw(5) === 0 ? null : value);
  const list = <Value>(make: () => Value): Value[] => Array.from({ length: draw(4) }, make);
  return Array.from({ length: count }, () => ({
    f: maybe(draw(1000) / 8),
    i: maybe(draw(7) - 3),
    u: 4294967295 - draw(3),
    l: maybe(BigInt(draw(1000)) * 10n ** 12n),
    b: maybe(draw(2) === 1),
    Jet_pt: maybe(list(() => maybe(draw(1000) / 3))),
    Muon: maybe(list(() => maybe({ pt: maybe(draw(99) / 4), q: draw(2) }))),
  }));
}

/** The values that the reader must return for a row: null lists are empty, and the fields of null structs are missing. */
const expected: Readonly<Record<string, (row: Row) => Cell>> = {
  f: ({ f }) => f,
  i: ({ i }) => i,
  u: ({ u }) => u,
  l: ({ l }) => (l === null ? null : Number(l)),
  b: ({ b }) => (b === null ? null : Number(b)),
  Jet_pt: ({ Jet_pt }) => Jet_pt ?? [],
  "Muon.pt": ({ Muon }) => (Muon ?? []).map((muon) => muon?.pt ?? null),
  "Muon.q": ({ Muon }) => (Muon ?? []).map((muon) => muon?.q ?? null),
};

test("readColumn refuses a gzip page in which one bit of the data is another, by gzip's checksum", async (t) => {
  const path = join(await makeDirectory(t), "events.parquet");
  const data = Float64Array.from({ length: 2000 }, (_, index) => index);
  const stored = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes, { level: 0 }));
  const options = { columnData: [{ name: "x", data, type: "DOUBLE" as const }], codec: "GZIP" as const, compressors: { GZIP: stored } };
  const file = new Uint8Array(parquetWriteBuffer({ ...options, statistics: false }));
  await writeFile(path, file);
  assert.deepEqual(await readEntries(path, "x"), [...data]);
  file[file.length >> 1] ^= 1;
  await writeFile(path, file);
  await assert.rejects(readEntries(path, "x"), /incorrect data check/);
});

for (const [codec, compress] of [
  ["SNAPPY", undefined],
  ["UNCOMPRESSED", undefined],
  ["GZIP", gzipSync],
  ["BROTLI", brotliCompressSync],
] as const) {
  test(`readColumn gives what was written, with ${codec}, small pages and several row groups`, async (t) => {
    const path = join(await makeDirectory(t), "events.parquet");
    const rows = drawRows(1000);
    const columnData = ["f", "i", "u", "l", "b", "Jet_pt", "Muon"].map((name) => ({
      name,
      data: rows.map((row) => row[name as keyof Row]),
    }));
    const compressors = compress && { [codec]: (bytes: Uint8Array) => new Uint8Array(compress(bytes)) };
    const options = { columnData, schema, codec: codec as CompressionCodec, rowGroupSize: 300, pageSize: 200 };
    await writeFile(path, new Uint8Array(parquetWriteBuffer({ ...options, ...(compressors && { compressors }) })));
    for (const [name, cell] of Object.entries(expected)) assert.deepEqual(await readEntries(path, name), rows.map(cell), name);
  });
}

async function locate(directory: string, file: Uint8Array): Promise<ColumnLocation> {
  const path = join(directory, "one.parquet");
  await writeFile(path, file);
  const catalogue = createCatalogue([{ name: "one", pattern: path }]);
  const dataset = await catalogue.get("one");
  return await catalogue.locate("one", dataset!.partitions[0]!, "x");
}

const threeEntries: TestFile = { schema: scalarFloat, path: ["x"], entries: 3, values: 3, pages: [] };
const lists: TestFile = { schema: listOfFloat, path: ["x", "list", "element"], entries: 4, values: 6, levelWidth: 2, pages: [] };

test("readColumn reads first-version pages, lists that span pages included", async (t) => {
  const pages = [
    { count: 3, repetition: [0, 1, 0], definition: [3, 2, 0], values: floats(1) },
    { count: 3, repetition: [0, 0, 1], definition: [1, 3, 3], values: floats(5, 6) },
  ];
  const path = join(await makeDirectory(t), "x.parquet");
  await writeFile(path, encodeTestFile({ ...lists, pages }));
  assert.deepEqual(await readEntries(path, "x"), [[1, null], [], [], [5, 6]]);
  const spanning = [
    { count: 4, repetition: [0, 0, 0, 0], definition: [0, 1, 1, 3], values: floats(1) },
    { count: 2, repetition: [1, 1], definition: [3, 2], values: floats(2) },
  ];
  await writeFile(path, encodeTestFile({ ...lists, pages: spanning }));
  assert.deepEqual(await readEntries(path, "x"), [[], [], [], [1, 2, null]]);
});

test("readColumn follows a dictionary that gives way to plain pages", async (t) => {
  const pages = [
    { dictionary: true, count: 2, values: floats(0.5, 1.5) },
    { count: 2, encoding: "RLE_DICTIONARY", values: Uint8Array.of(1, 3, 0b10) },
    { count: 1, values: floats(9) },
  ] as const;
  const path = join(await makeDirectory(t), "x.parquet");
  await writeFile(path, encodeTestFile({ ...threeEntries, pages }));
  assert.deepEqual(await readEntries(path, "x"), [0.5, 1.5, 9]);
});

test("readColumn takes of values beyond a narrow integer type the bits that count, as pyarrow does", async (t) => {
  const path = join(await makeDirectory(t), "x.parquet");
  const values = new Uint8Array(Int32Array.of(300, -129, 127, -128, 255, 65_543, -1, 2_147_483_647).buffer);
  const expected = {
    INT_8: [44, 127, 127, -128, -1, 7, -1, -1],
    UINT_8: [44, 127, 127, 128, 255, 7, 255, 255],
    INT_16: [300, -129, 127, -128, 255, 7, -1, -1],
    UINT_16: [300, 65_407, 127, 65_408, 255, 7, 65_535, 65_535],
    UINT_32: [300, 4_294_967_167, 127, 4_294_967_168, 255, 65_543, 4_294_967_295, 2_147_483_647],
  } as const;
  for (const [type, entries] of Object.entries(expected) as [keyof typeof expected, readonly number[]][]) {
    const x: SchemaElement = { name: "x", type: "INT32", converted_type: type, repetition_type: "REQUIRED" };
    const plain = { count: 8, values };
    const indexes = { count: 8, encoding: "RLE_DICTIONARY", values: Uint8Array.of(3, 3, 0b10001000, 0b11000110, 0b11111010) } as const;
    for (const pages of [[plain], [{ ...plain, dictionary: true }, indexes]]) {
      await writeFile(path, encodeTestFile({ schema: [x], path: ["x"], entries: 8, values: 8, pages }));
      assert.deepEqual(await readEntries(path, "x"), entries, type);
    }
  }
});

test("readColumn gives empty lists and missing values of files that know no type for the column, beside files that do", async (t) => {
  const directory = await makeDirectory(t);
  const typeless = (schema: readonly SchemaElement[]) =>
    schema.map((each): SchemaElement => (each.type ? { ...each, type: "INT32", logical_type: { type: "NULL" } } : each));
  const pages = [{ count: 3, repetition: [0, 1, 0], definition: [3, 3, 1], values: floats(1, 2) }];
  const none = [{ count: 3, repetition: [0, 0, 0], definition: [0, 1, 2], values: floats() }];
  await writeFile(join(directory, "a.parquet"), encodeTestFile({ ...lists, entries: 2, values: 3, pages }));
  const nothing = { ...lists, schema: typeless(listOfFloat), entries: 3, values: 3, pages: none };
  await writeFile(join(directory, "b.parquet"), encodeTestFile(nothing));
  assert.deepEqual(await readEntries(directory, "x"), [[1, 2], [], [], [], [null]]);
});

test("readColumn needs no true size of a chunk's content, as some writers state none", async (t) => {
  const path = join(await makeDirectory(t), "x.parquet");
  const pages = [{ count: 3, values: floats(1, 2, 3) }];
  for (const total_uncompressed_size of [0n, 5n, 2n ** 40n]) {
    await writeFile(path, encodeTestFile({ ...threeEntries, metadata: { total_uncompressed_size }, pages }));
    assert.deepEqual(await readEntries(path, "x"), [1, 2, 3]);
  }
});

const noNulls = { statistics: { null_count: 0n } };
const damages: readonly (readonly [string, TestFile, RegExp])[] = [
  ["too few values in a page", { ...threeEntries, pages: [{ count: 3, values: floats(1, 2) }] }, /3 values need 12 bytes, the page has 8/],
  ["a chunk that ends early", { ...threeEntries, pages: [{ count: 2, values: floats(1, 2) }] }, /ends before its last value/],
  ["more values than stated", { ...threeEntries, pages: [{ count: 4, values: floats(1, 2, 3, 4) }] }, /more than the 3 values/],
  [
    "a page that overruns",
    { ...threeEntries, pages: [{ count: 3, values: floats(1, 2, 3), header: { compressed_page_size: 99 } }] },
    /compressed size/,
  ],
  [
    "a negative size",
    { ...threeEntries, pages: [{ count: 3, values: floats(1, 2, 3), header: { uncompressed_page_size: -4 } }] },
    /-4 as its size/,
  ],
  ["a wrong checksum", { ...threeEntries, pages: [{ count: 3, values: floats(1, 2, 3), header: { crc: 12345 } }] }, /checksum is wrong/],
  [
    "bytes outside of the file",
    { ...threeEntries, metadata: { data_page_offset: 9999n }, pages: [{ count: 3, values: floats(1) }] },
    /the file has/,
  ],
  ["an empty chunk", { ...threeEntries, pages: [] }, /ends before its last value/],
  [
    "too few lists",
    { ...lists, values: 2, pages: [{ count: 2, repetition: [0, 1], definition: [3, 3], values: floats(1, 2) }] },
    /1 entries where the file states 4/,
  ],
  [
    "too many lists",
    { ...lists, entries: 1, values: 2, pages: [{ count: 2, repetition: [0, 0], definition: [3, 3], values: floats(1, 2) }] },
    /more than the 1 entries/,
  ],
  [
    "a first list without its beginning",
    { ...lists, entries: 1, values: 2, pages: [{ count: 2, repetition: [1, 0], definition: [3, 3], values: floats(1, 2) }] },
    /goes on that has not begun/,
  ],
  [
    "an empty list that goes on",
    { ...lists, entries: 1, values: 2, pages: [{ count: 2, repetition: [0, 1], definition: [1, 3], values: floats(1) }] },
    /goes on that has not begun/,
  ],
  [
    "a list that goes on without an element",
    { ...lists, entries: 1, values: 2, pages: [{ count: 2, repetition: [0, 1], definition: [3, 1], values: floats(1) }] },
    /or without an element/,
  ],
  [
    "missing values against the statistics",
    { ...lists, entries: 1, values: 1, metadata: noNulls, pages: [{ count: 1, repetition: [0], definition: [2], values: floats() }] },
    /1 values are missing where the file's statistics say none/,
  ],
  [
    "snappy that is none",
    { ...threeEntries, codec: "SNAPPY", pages: [{ count: 3, values: floats(1, 2, 3) }] },
    /after decompression, its header says 12/,
  ],
];

for (const [what, file, message] of damages) {
  test(`readColumn refuses ${what}, naming file and column`, async (t) => {
    const location = await locate(await makeDirectory(t), encodeTestFile(file));
    await assert.rejects(readColumn(location, makeTarget(location)), (error) => {
      assert(error instanceof DatasetError);
      assert.match(error.message, message);
      assert.match(error.message, /column x of one\.parquet \(entries 0–[0-9]\)/);
      assert.equal(error.permanent, true);
      return true;
    });
  });
}

test("readColumn refuses a file that changed since it was planned, and lets it be tried again", async (t) => {
  const pages = [{ count: 3, values: floats(1, 2, 3) }];
  const location = await locate(await makeDirectory(t), encodeTestFile({ ...threeEntries, pages }));
  const changed = { ...location, file: { ...location.file, version: `${location.file.version}0` } };
  await assert.rejects(readColumn(changed, makeTarget(changed)), {
    name: "DatasetError",
    permanent: false,
    message: /one\.parquet changed/,
  });
  const gone = { ...location, file: { ...location.file, path: `${location.file.path}.gone` } };
  await assert.rejects(readColumn(gone, makeTarget(gone)), { name: "DatasetError", permanent: false, message: /no such file/ });
});

test("readColumn refuses a target that is too small", async (t) => {
  const pages = [{ count: 3, values: floats(1, 2, 3) }];
  const location = await locate(await makeDirectory(t), encodeTestFile({ ...threeEntries, pages }));
  await assert.rejects(readColumn(location, { values: new Float32Array(2), offsets: [] }), RangeError);
});

test("readColumn ends when its signal aborts while a slow source reads, and writes nothing afterwards", async (t) => {
  const pages = [{ count: 3, values: floats(1, 2, 3) }];
  const location = await locate(await makeDirectory(t), encodeTestFile({ ...threeEntries, pages }));
  const abort = new AbortController();
  let arrive = () => {};
  const source: Pick<Source, "open"> = {
    open: (file, use) =>
      localFiles.open(file, (reader) =>
        use({
          byteLength: reader.byteLength,
          async slice(start, end, { signal } = {}) {
            await new Promise<void>((resolve, reject) => {
              arrive = resolve;
              signal?.addEventListener("abort", () => reject(signal.reason));
              abort.abort(new Error("nobody waits"));
            });
            return await reader.slice(start, end);
          },
        }),
      ),
  };
  const target = makeTarget(location);
  await assert.rejects(readColumn(location, target, { signal: abort.signal, source }), { name: "Error", message: "nobody waits" });
  arrive();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([...target.values], [77, 77, 77]);
});

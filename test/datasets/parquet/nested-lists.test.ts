import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { SchemaElement } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { createCatalogue } from "../../../datasets/catalogue/catalogue.ts";
import { DatasetError } from "../../../datasets/dataset.ts";
import type { ColumnPlace } from "../../../datasets/parquet/column-chunk.ts";
import { readColumn } from "../../../datasets/read-column.ts";
import type { Source } from "../../../datasets/sources/source.ts";
import { openApp } from "../../support/open-app.ts";
import { makeDirectory, makeTarget, sequence, valuesOf } from "../read-for-test.ts";

type Nested = number | null | readonly Nested[];

const optional = { repetition_type: "OPTIONAL" } as const;
const list = (name: string, element: readonly SchemaElement[]): SchemaElement[] => [
  { name, converted_type: "LIST", num_children: 1, ...optional },
  { name: "list", num_children: 1, repetition_type: "REPEATED" },
  ...element,
];
const float: SchemaElement[] = [{ name: "element", type: "FLOAT", ...optional }];
const struct: SchemaElement[] = [
  { name: "element", num_children: 2, ...optional },
  { name: "pt", type: "FLOAT", repetition_type: "REQUIRED" },
  ...list("hits", [{ name: "element", type: "INT32", repetition_type: "REQUIRED" }]),
];
const schema: SchemaElement[] = [
  { name: "root", num_children: 3 },
  ...list("x", list("element", float)),
  ...list("y", list("element", list("element", float))),
  ...list("Jet", struct),
];

/** Lists to a depth, with empty and null ones and missing values. */
function draw(below: (limit: number) => number, depth: number): Nested {
  if (below(7) === 0) return null;
  if (depth === 0) return below(1000) / 8;
  return Array.from({ length: below(4) }, () => draw(below, depth - 1));
}

/** Makes what the reader must return: null lists are empty, and the elements of all lists of a level lie one after another. */
function flatten(rows: readonly Nested[], depth: number): { values: (number | null)[]; offsets: number[][] } {
  const offsets: number[][] = [];
  let elements = rows;
  for (let level = 0; level < depth; level++) {
    const lists = elements.map((each) => (each ?? []) as readonly Nested[]);
    offsets.push([0]);
    for (const { length } of lists) offsets[level]!.push(offsets[level]!.at(-1)! + length);
    elements = lists.flat();
  }
  return { values: elements as (number | null)[], offsets };
}

/** Writes a file of random lists; returns its content. */
async function writeNested(path: string, entries: number): Promise<{ x: Nested[]; y: Nested[]; hits: Nested[]; bytes: Uint8Array }> {
  const below = sequence(3);
  const many = <Value>(make: () => Value) => Array.from({ length: entries }, make);
  const x = many(() => draw(below, 2));
  const y = many(() => draw(below, 3));
  const hit = () => (below(5) === 0 ? null : Array.from({ length: below(4) }, () => below(100)));
  const jet = () => (below(6) === 0 ? null : { pt: below(100) / 4, hits: hit() });
  const Jet = many(() => (below(6) === 0 ? null : Array.from({ length: below(4) }, jet)));
  const columnData = Object.entries({ x, y, Jet }).map(([name, data]) => ({ name, data: data as unknown[] }));
  const bytes = new Uint8Array(parquetWriteBuffer({ columnData, schema, rowGroupSize: 300, pageSize: 100 }));
  await writeFile(path, bytes);
  return { x, y, hits: Jet.map((jets) => jets?.map((each) => each?.hits ?? null) ?? null), bytes };
}

test("readColumn gives lists of lists, and lists in lists of structs, as content and offsets of each level", async (t) => {
  const path = join(await makeDirectory(t), "nested.parquet");
  const { x, y, hits } = await writeNested(path, 700);
  const catalogue = createCatalogue([{ name: "nested", pattern: path }]);
  const { partitions, schema: described } = (await catalogue.get("nested"))!;
  assert.deepEqual(described.unsupported, []);
  const columns: readonly (readonly [string, readonly string[], readonly Nested[]])[] = [
    ["x", ["x", "x.[]"], x],
    ["y", ["y", "y.[]", "y.[].[]"], y],
    ["Jet.hits", ["Jet", "Jet.hits"], hits],
  ];
  assert.deepEqual(
    columns.map(([name]) => [name, described.columns.find((column) => column.name === name)?.lists]),
    columns.map(([name, lists]) => [name, lists]),
  );
  for (const [name, lists, rows] of columns) {
    for (const partition of partitions) {
      const location = await catalogue.locate("nested", partition, name, { lists });
      const target = makeTarget(location);
      const { values: count } = await readColumn(location, target);
      const expected = flatten(rows.slice(partition.firstEntry, partition.firstEntry + partition.entries), lists.length);
      assert.deepEqual(valuesOf(target, count), expected.values);
      for (const [level, offsets] of expected.offsets.entries())
        assert.deepEqual([...target.offsets[level]!.subarray(0, offsets.length)], offsets);
    }
  }
});

test("queries of lists in lists of a file give what its rows give", async (t) => {
  const path = join(await makeDirectory(t), "nested.parquet");
  const { x, y, hits } = await writeNested(path, 700);
  const app = await openApp(t, { extraData: [`nested=${path}`] });
  const flat = (rows: readonly Nested[]): number[] => rows.flat(9).filter((value): value is number => typeof value === "number");
  const asLists = (rows: readonly Nested[]) =>
    rows.flatMap((row) => (row ?? []) as readonly Nested[]).map((list) => (list ?? []) as readonly Nested[]);
  const cases: readonly (readonly [value: string, expected: readonly number[]])[] = [
    ["x.flatMap(row => row)", flat(x)],
    ["x.map(row => row.length)", asLists(x).map(({ length }) => length)],
    [
      "y.map(rows => rows.map(row => row.length).sum())",
      asLists(y).map((rows) => asLists([rows]).reduce((sum, { length }) => sum + length, 0)),
    ],
    ["Jet.map(j => j.hits.sum())", asLists(hits).map((list) => flat(list).reduce((sum, value) => sum + value, 0))],
    ["Jet.flatMap(j => j.hits)", flat(hits)],
  ];
  for (const [value, expected] of cases) {
    const counts = new Array<number>(302).fill(0);
    for (const each of expected) counts[Math.min(Math.floor(each), 300) + 1]!++;
    const status = await app.ask({
      dataset: "nested",
      histograms: { h: { axes: [{ type: "regular", bins: 300, lower: 0, upper: 300, value }] } },
    });
    assert.deepEqual(status.histograms.h!.storage.values, counts, value);
  }
});

/** Tells for each list of a level whether it is present, in the lists around it as `flatten` makes them. */
function presence(rows: readonly Nested[], level: number): { values: number[]; offsets: number[][] } {
  const { values, offsets } = flatten(rows, level);
  return { values: values.map((each) => (each === null ? 0 : 1)), offsets };
}

test("readColumn tells null lists of each level from empty ones", async (t) => {
  const path = join(await makeDirectory(t), "nested.parquet");
  const { x, y, hits } = await writeNested(path, 700);
  const catalogue = createCatalogue([{ name: "nested", pattern: path }]);
  const { partitions, schema: described } = (await catalogue.get("nested"))!;
  const lists: readonly (readonly [list: string, rows: readonly Nested[], level: number])[] = [
    ["x", x, 0],
    ["x.[]", x, 1],
    ["y", y, 0],
    ["y.[]", y, 1],
    ["y.[].[]", y, 2],
    ["Jet", hits, 0],
    ["Jet.hits", hits, 1],
  ];
  assert.deepEqual(
    described.nullableLists?.map(({ list }) => list),
    lists.map(([list]) => list),
  );
  for (const [list, rows, level] of lists) {
    for (const partition of partitions) {
      const location = await catalogue.locate("nested", partition, `${list}?`);
      const target = makeTarget(location);
      const { values: count } = await readColumn(location, target);
      const expected = presence(rows.slice(partition.firstEntry, partition.firstEntry + partition.entries), level);
      assert.deepEqual(valuesOf(target, count), expected.values, list);
      for (const [level, offsets] of expected.offsets.entries())
        assert.deepEqual([...target.offsets[level]!.subarray(0, offsets.length)], offsets, list);
    }
  }
});

test("queries that ask tell null lists of a file from empty ones, and those that do not take them for empty", async (t) => {
  const path = join(await makeDirectory(t), "nested.parquet");
  const { x, hits } = await writeNested(path, 700);
  const app = await openApp(t, { extraData: [`nested=${path}`] });
  const lengthOf = (row: Nested): number => (row === null ? -1 : (row as readonly Nested[]).length);
  const inLists = (rows: readonly Nested[]) => rows.flatMap((row) => ((row ?? []) as readonly Nested[]).map(lengthOf));
  const cases: readonly (readonly [value: string, expected: readonly number[]])[] = [
    ["x?.length ?? -1", x.map(lengthOf)],
    ["x.length", x.map(lengthOf).map((length) => Math.max(length, 0))],
    ["x?.length", x.map(lengthOf).filter((length) => length >= 0)],
    ["x.map(row => row?.length ?? -1)", inLists(x)],
    ["Jet?.filter(j => true).length ?? -1", hits.map(lengthOf)],
    ["Jet.map(j => j.hits?.length ?? -1)", inLists(hits)],
    ["(Jet ?? x.map(row => ({ pt: 1 }))).length", hits.map((row, entry) => Math.max(0, lengthOf(row ?? x[entry]!)))],
  ];
  for (const [value, expected] of cases) {
    const counts = new Array<number>(12).fill(0);
    for (const each of expected) counts[each + 2]!++;
    const status = await app.ask({
      dataset: "nested",
      histograms: { h: { axes: [{ type: "regular", bins: 10, lower: -1, upper: 9, value }] } },
    });
    assert.deepEqual(status.histograms.h!.storage.values, counts, value);
  }
});

for (const [name, leastRefused] of [
  ["y", 100],
  ["y.[].[]?", 50],
] as const)
  test(`readColumn refuses or reads ${name}, of lists of lists, whatever byte is changed, and writes nowhere else`, async (t) => {
    const path = join(await makeDirectory(t), "nested.parquet");
    const { bytes } = await writeNested(path, 40);
    const catalogue = createCatalogue([{ name: "nested", pattern: path }]);
    const [partition] = (await catalogue.get("nested"))!.partitions;
    const location = await catalogue.locate("nested", partition!, name);
    const { start, length } = (location.place as ColumnPlace).chunks[0]!;
    const below = sequence(9);
    let refused = 0;
    for (let round = 0; round < 400; round++) {
      const damaged = bytes.slice();
      damaged[start + below(length)] = below(256);
      const open: Source["open"] = (_, use) =>
        use({ byteLength: damaged.length, slice: async (from, to) => damaged.slice(from, to).buffer as ArrayBuffer });
      const guard = 8;
      const target = makeTarget(location);
      const guarded = {
        values: (name === "y" ? new Float32Array(target.values.length + guard) : new Uint8Array(target.values.length + guard)).fill(77),
        valid: new Uint8Array(target.values.length + guard).fill(77),
        offsets: target.offsets.map((offsets) => new Uint32Array(offsets.length + guard).fill(77)),
      };
      const inner = {
        values: guarded.values.subarray(0, -guard),
        valid: guarded.valid.subarray(0, -guard),
        offsets: guarded.offsets.map((offsets) => offsets.subarray(0, -guard)),
      };
      await readColumn(location, inner, { source: { open } }).catch((error: unknown) => {
        assert(error instanceof DatasetError);
        refused++;
      });
      for (const array of [guarded.values, guarded.valid, ...guarded.offsets])
        assert.deepEqual([...array.subarray(-guard)], new Array(guard).fill(77));
    }
    assert(refused > leastRefused, `only ${refused} of 400 damaged columns were refused`);
  });

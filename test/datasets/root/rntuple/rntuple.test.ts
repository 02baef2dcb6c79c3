import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { FileColumn } from "../../../../datasets/format.ts";
import { parseAnchor } from "../../../../datasets/root/rntuple/anchor.ts";
import { rangesOfPages } from "../../../../datasets/root/rntuple/read-pages.ts";
import type { ByteRange, ByteReader } from "../../../../datasets/sources/source.ts";
import { type Nested, nest, readerOf } from "../../parquet/read-file.ts";
import { missingData, realData } from "../../real-data.ts";
import { describeBytes, readUnit } from "./open-rntuple.ts";

const folder = new URL("../files/rntuple/", import.meta.url);

/**
 * By file: the columns' values by entry, the names of columns that cannot be read, and which of the lists that may be null are present. make-rntuples.py wrote
 * this together with the files.
 */
const expected: Readonly<Record<string, ExpectedFile>> = JSON.parse(await readFile(new URL("expected.json", folder), "utf8"));

interface ExpectedFile {
  readonly columns: Readonly<Record<string, readonly Nested[]>>;
  readonly unsupported: readonly string[];
  readonly present?: Readonly<Record<string, readonly Nested[]>>;
}

/** Booleans as the numbers that columns have for them. */
const numbers = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(numbers) : typeof value === "boolean" ? Number(value) : value;
const plain = (_: string, value: unknown): unknown => (typeof value === "bigint" ? Number(value) : value);
const withoutZeroSigns = (value: unknown): unknown => JSON.parse(JSON.stringify(value, plain));

async function readColumns(name: string, partitionEvents?: number) {
  const bytes = await readFile(new URL(name, folder));
  const reader = readerOf(bytes);
  const description = await describeBytes(bytes, reader, partitionEvents);
  const columns: Record<string, Nested[]> = {};
  for (const [column, stored] of description.shape.columns) {
    const entries: Nested[] = [];
    for (const unit of description.units.keys()) {
      const { read, target, entries: count } = await readUnit(reader, description, { name: column, column: stored, unit });
      entries.push(...nest(target, count, read.values));
    }
    columns[column] = entries;
  }
  return { columns, description };
}

for (const [name, { columns, unsupported }] of Object.entries(expected)) {
  for (const partitionEvents of [1, undefined]) {
    test(`${name} holds what went into it, by ${partitionEvents === 1 ? "clusters" : "units of all clusters"}`, async () => {
      const found = await readColumns(name, partitionEvents);
      assert.deepEqual(Object.keys(found.columns).sort(), Object.keys(columns).sort());
      for (const [column, entries] of Object.entries(columns)) {
        assert.deepEqual(withoutZeroSigns(found.columns[column]), withoutZeroSigns(numbers(entries)), column);
      }
      const { shape } = found.description;
      assert.deepEqual(
        shape.unsupported.map((each) => each.name),
        unsupported,
      );
    });
  }
}

test("lists that are missing are told from empty ones, cluster by cluster and within clusters", async () => {
  const name = "structures.root";
  const bytes = await readFile(new URL(name, folder));
  const reader = readerOf(bytes);
  for (const partitionEvents of [1, 3, undefined]) {
    const description = await describeBytes(bytes, reader, partitionEvents);
    const { columns } = description.shape;
    for (const [column, expectedPresence] of Object.entries(expected[name]!.present!)) {
      const stored = columns.get(column)!;
      assert.equal(description.nullLists![stored.index], 1);
      const presence: FileColumn = { ...stored, dtype: "bool", lists: [], presence: 0 };
      const found: Nested[] = [];
      for (const unit of description.units.keys()) {
        const { read, target, entries } = await readUnit(reader, description, { name: column, column: presence, unit });
        found.push(...nest(target, entries, read.values));
      }
      assert.deepEqual(found, expectedPresence);
      assert(found.includes(0) && found.includes(1));
    }
  }
});

test("what cannot be read says why", async () => {
  const { description } = await readColumns("structures.root");
  assert.deepEqual(
    description.shape.unsupported.map(({ reason }) => reason),
    [
      "is a variant (std::variant<std::int32_t,float>), which is not supported",
      "is an object of class TH1D that is streamed as a whole, which is not supported",
      "has columns of type 85, which is not supported",
    ],
  );
});

test("entries that begin and end within clusters are read alone", async () => {
  for (const name of Object.keys(expected)) {
    const bytes = await readFile(new URL(name, folder));
    const reader = readerOf(bytes);
    const description = await describeBytes(bytes, reader);
    for (const [column, stored] of description.shape.columns) {
      for (const [firstEntry, entries] of [
        [3, 5],
        [6, 1],
        [2, 7],
      ] as const) {
        const { read, target } = await readUnit(
          reader,
          { ...description, units: [{ firstEntry, entries }] },
          { name: column, column: stored, unit: 0 },
        );
        const want = expected[name]!.columns[column]!.slice(firstEntry, firstEntry + entries);
        assert.deepEqual(withoutZeroSigns(nest(target, entries, read.values)), withoutZeroSigns(numbers(want)), `${name} ${column}`);
      }
    }
  }
});

test("a column is described by its place in records and lists, its type, and what may be missing", async () => {
  const { description } = await readColumns("structures.root");
  const form = (name: string) => {
    const { parts, lists, dtype, index } = description.shape.columns.get(name)!;
    return [parts, lists, dtype, description.nullable[index]];
  };
  assert.deepEqual(form("event.vertex.z"), [["event", "vertex", "z"], [], "float32", 0]);
  assert.deepEqual(form("muons.hits"), [["muons", "hits"], [1, 2], "float64", 0]);
  assert.deepEqual(form("matrix"), [["matrix"], [1, 1], "float32", 0]);
  assert.deepEqual(form("maybes"), [["maybes"], [1], "int32", 1]);
  assert.deepEqual(form("list_or_none"), [["list_or_none"], [1], "int32", 0]);
  assert.deepEqual(form("AnalysisJetsAuxDyn:pt"), [["AnalysisJetsAuxDyn", "pt"], [2], "float32", 0]);
  assert.deepEqual(form("nJet"), [["nJet"], [], "uint32", 0]);
  assert.deepEqual(form("flags"), [["flags"], [1], "bool", 0]);
});

test("reading asks for the ranges that are told, in their order, and for nothing else", async () => {
  for (const name of Object.keys(expected)) {
    const bytes = await readFile(new URL(name, folder));
    const asked: ByteRange[] = [];
    const below = readerOf(bytes);
    const reader: ByteReader = {
      byteLength: below.byteLength,
      slice: (start, end = below.byteLength) => {
        asked.push({ start, end });
        return below.slice(start, end);
      },
    };
    const description = await describeBytes(bytes, below);
    for (const [column, stored] of description.shape.columns) {
      asked.length = 0;
      // A file that was just opened.
      const { place } = await readUnit({ ...reader }, description, { name: column, column: stored, unit: 0 });
      assert.deepEqual(asked, rangesOfPages(place), `${name} ${column}`);
    }
  }
});

test("where the lists of a collection end is read once for all its columns, while a file is open", async () => {
  const bytes = await readFile(new URL("structures.root", folder));
  const description = await describeBytes(bytes, readerOf(bytes));
  const opened = {};
  let reads = 0;
  const readIn = async (file: object, column: string) => {
    const reader = readerOf(bytes);
    const counted: ByteReader = {
      ...reader,
      opened: file,
      slice: (start, end) => {
        reads++;
        return reader.slice(start, end);
      },
    };
    reads = 0;
    const { read, target, entries } = await readUnit(counted, description, {
      name: column,
      column: description.shape.columns.get(column)!,
      unit: 0,
    });
    assert.deepEqual(numbers(nest(target, entries, read.values)), numbers(expected["structures.root"]!.columns[column]), column);
    return reads;
  };
  const alone = await readIn({}, "muons.hits");
  await readIn(opened, "muons.charge");
  assert.equal(await readIn(opened, "muons.hits"), alone - 1);
  assert.equal(await readIn(opened, "nJet"), 1);
  assert.equal(await readIn(opened, "Jet_pt"), 1);
});

const realFiles = [
  "Run2012BC_DoubleMuParked_Muons_1000evts_rntuple_v1-0-0-0.root",
  "ntpl001_staff_rntuple_v1-0-0-0.root",
  "test_extension_columns_rntuple_v1-0-0-0.root",
  "test_multiple_cluster_groups_rntuple_v1-0-0-0.root",
];
const statistics = "root/uproot-statistics.json";

test("RNTuples of before version 1.0, and of later ones than 1, are refused as such", async () => {
  const anchorOf = (epoch: number) => Uint8Array.from({ length: 70 }, (_, at) => (at === 7 ? epoch : 0));
  await assert.rejects(parseAnchor(anchorOf(0)), /from before version 1\.0.*ROOT 6\.34 or later/);
  await assert.rejects(parseAnchor(anchorOf(2)), /an RNTuple of version 2; versions 1 are supported/);
});

test("files by ROOT hold what uproot reads from them", {
  skip: missingData(statistics, ...realFiles.map((name) => `root/${name}`)),
}, async () => {
  const known = JSON.parse(await readFile(realData(statistics), "utf8"));
  for (const name of realFiles) {
    const bytes = await readFile(realData(`root/${name}`));
    const reader = readerOf(bytes);
    const description = await describeBytes(bytes, reader, 100);
    const [{ columns, entries }] = Object.values(known[name]) as [{ columns: Record<string, Record<string, unknown>>; entries: number }];
    assert.equal(
      description.units.reduce((sum, unit) => sum + unit.entries, 0),
      entries,
    );
    for (const [column, { values, sum, min, max, nonfinite, type }] of Object.entries(columns)) {
      const stored = description.shape.columns.get(column)!;
      const all: number[] = [];
      for (const unit of description.units.keys()) {
        const { read, target } = await readUnit(reader, description, { name: column, column: stored, unit });
        all.push(...Array.from<number | bigint, number>(target.values.subarray(0, read.values), Number));
      }
      const finite = all.filter(Number.isFinite);
      const total = finite.reduce((a, b) => a + b, 0);
      assert.ok(Math.abs(total - (sum as number)) <= 1e-12 * Math.abs(total), `${name} ${column}`);
      const found = { values: all.length, min: Math.min(...finite), max: Math.max(...finite), nonfinite: all.length - finite.length };
      assert.deepEqual(found, { values, min, max, nonfinite }, `${name} ${column}`);
      assert.equal(stored.lists.length, (type as string).split("var * ").length - 1);
    }
  }
});

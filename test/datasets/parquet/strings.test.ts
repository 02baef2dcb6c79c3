import assert from "node:assert/strict";
import { test } from "node:test";
import type { SchemaElement } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describeFile, formatNamed } from "../../../datasets/formats.ts";
import { readColumn } from "../../../datasets/read-column.ts";
import { StringDictionary } from "../../../datasets/string-dictionary.ts";
import { largestDictionary, mostStringBytes, mostStrings, readDictionary } from "../../../engine/program/dictionary.ts";
import { sequence } from "../read-for-test.ts";
import { encodeTestFile } from "./first-version-file.ts";
import { readerOf, readFileColumns } from "./read-file.ts";

const optional = { repetition_type: "OPTIONAL" } as const;
const required = { repetition_type: "REQUIRED" } as const;
const text = { type: "BYTE_ARRAY", converted_type: "UTF8" } as const;
const listed = (name: string, ...element: SchemaElement[]): SchemaElement[] => [
  { name, converted_type: "LIST", num_children: 1, ...optional },
  { name: "list", num_children: 1, repetition_type: "REPEATED" },
  ...element,
];
const schema: SchemaElement[] = [
  { name: "root", num_children: 4 },
  { name: "channel", ...text, ...required },
  { name: "maybe", type: "BYTE_ARRAY", logical_type: { type: "ENUM" }, ...optional },
  ...listed("tags", { name: "element", ...text, ...optional }),
  ...listed(
    "Lepton",
    { name: "element", num_children: 2, ...optional },
    { name: "kind", ...text, ...optional },
    { name: "q", type: "INT32", ...required },
  ),
];
/** Converts a value to the form that the writer needs for some encodings. */
function inBytes(value: unknown): unknown {
  if (typeof value === "string") return new TextEncoder().encode(value);
  if (Array.isArray(value)) return value.map(inBytes);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, inBytes(each)]));
}
const words = ["mu", "e", "", "τ→μγ", "mu ", "\ufeffmu", "a".repeat(300)];

for (const encoding of ["PLAIN", "RLE_DICTIONARY", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"] as const) {
  test(`strings of ${encoding} are read, in lists and structs too, whatever each row group's dictionary is`, async () => {
    const draw = sequence(5);
    const maybe = <Value>(value: Value): Value | null => (draw(5) === 0 ? null : value);
    const word = () => words[draw(words.length)]!;
    const list = <Value>(make: () => Value): Value[] => Array.from({ length: draw(4) }, make);
    const data = Array.from({ length: 120 }, () => ({
      channel: word(),
      maybe: maybe(word()),
      tags: maybe(list(() => maybe(word()))),
      Lepton: maybe(list(() => maybe({ kind: maybe(word()), q: 1 }))),
    }));
    const written = encoding.startsWith("DELTA") ? data.map((row) => inBytes(row) as typeof row) : data;
    const columnData = (["channel", "maybe", "tags", "Lepton"] as const).map((name) => ({
      name,
      data: written.map((row) => row[name]),
      encoding: name === "Lepton" ? undefined : encoding,
    }));
    const bytes = parquetWriteBuffer({ columnData: columnData as never, schema, rowGroupSize: 50 });
    const { columns, unsupported } = await readFileColumns(readerOf(new Uint8Array(bytes)));
    assert.deepEqual(unsupported, []);
    assert.deepEqual(
      columns.get("channel"),
      data.map(({ channel }) => channel),
    );
    assert.deepEqual(
      columns.get("maybe"),
      data.map((row) => row.maybe),
    );
    assert.deepEqual(
      columns.get("tags"),
      data.map(({ tags }) => tags ?? []),
    );
    assert.deepEqual(
      columns.get("Lepton.kind"),
      data.map(({ Lepton }) => (Lepton ?? []).map((lepton) => lepton?.kind ?? null)),
    );
  });
}

test("the values of a string column are places in its dictionary, in which each string is once", async () => {
  const bytes = parquetWriteBuffer({ columnData: [{ name: "c", data: ["mu", "e", "mu", "mu", "e"], type: "STRING", encoding: "PLAIN" }] });
  const reader = readerOf(new Uint8Array(bytes));
  const description = await describeFile(reader, "a.parquet");
  const column = description.shape.columns.get("c")!;
  assert.equal(column.dtype, "string");
  const { place } = formatNamed(description.shape.format).locate(description, 0, column);
  const [values, strings] = [new Int32Array(5), new Uint8Array(largestDictionary(5))];
  const file = { path: "/a.parquet", size: reader.byteLength, version: "" };
  const form = { name: "c", dtype: column.dtype, nullable: false, lists: [] };
  const location = { file, format: "", column: form, firstEntry: 0, entries: 5, elements: [], values: 5, place };
  const read = await formatNamed(description.shape.format).read(reader, location, { values, strings, offsets: [] });
  assert.deepEqual([...values], [0, 1, 0, 0, 1]);
  assert.deepEqual(readDictionary(strings.buffer, 0), ["mu", "e"]);
  assert.equal(read.stringBytes, 4 + 4 * 3 + 3);
  const short = { values, strings: strings.subarray(1), offsets: [] };
  await assert.rejects(readColumn(location, short), /must hold 5 values .* and \d+ bytes for the dictionary of its strings/);
});

const encoder = new TextEncoder();
function add(strings: StringDictionary, string: string): number {
  const bytes = encoder.encode(string);
  return strings.add(bytes, 0, bytes.length);
}

test("StringDictionary gives equal strings one number, up to the most that a partition may have", () => {
  const strings = new StringDictionary();
  const all = Array.from({ length: mostStrings }, (_, index) => `s${index}`);
  for (const [index, string] of all.entries()) assert.equal(add(strings, string), index);
  for (const [index, string] of all.entries()) assert.equal(add(strings, string), index);
  const target = new Uint8Array(largestDictionary(mostStrings));
  strings.write(target);
  assert.deepEqual(readDictionary(target.buffer, 0), all);
  assert.throws(() => add(strings, "one more"), /more than 65536 different strings, or 1 MiB of them, in one partition/);
});

test("StringDictionary holds as many bytes as a partition may have", () => {
  const strings = new StringDictionary();
  assert.equal(add(strings, "x".repeat(mostStringBytes)), 0);
  assert.equal(add(strings, ""), 1);
  const target = new Uint8Array(largestDictionary(2));
  assert.equal(strings.write(target), target.length);
  assert.throws(() => add(strings, "y"), /1 MiB of them/);
});

test("a file whose strings overrun their page, or of which there are too many, is refused", async () => {
  const field: SchemaElement = { name: "x", ...text, ...required };
  const read = (values: Uint8Array, count: number) =>
    readFileColumns(readerOf(encodeTestFile({ schema: [field], path: ["x"], entries: count, values: count, pages: [{ count, values }] })));
  await assert.rejects(read(Uint8Array.of(3, 0, 0, 0, 109, 117), 1), /strings overrun their page/);
  await assert.rejects(read(Uint8Array.of(255, 255, 255, 255, 109), 1), /strings overrun their page/);
  await assert.rejects(read(Uint8Array.of(2, 0, 0, 0, 109, 117), 2), /strings overrun their page/);
  const many = Uint8Array.from({ length: (mostStrings + 1) * 8 }, (_, at) =>
    at % 8 === 0 ? 4 : at % 8 < 4 ? 0 : (at >> 3) >> (8 * (at % 4)),
  );
  await assert.rejects(read(many, mostStrings + 1), /more than 65536 different strings.*smaller row groups/);
});

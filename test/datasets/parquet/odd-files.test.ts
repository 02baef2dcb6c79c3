/** Sound files that are odd, and files that lie about themselves. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SchemaElement } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { describeFile } from "../../../datasets/formats.ts";
import { encodeTestFile, floats, listOfFloat, scalarFloat, type TestFile } from "./first-version-file.ts";
import { readerOf, readFileColumns } from "./read-file.ts";

const write = (columns: Readonly<Record<string, readonly number[]>>, rowGroupSize = 100) => {
  const columnData = Object.entries(columns).map(([name, data]) => ({ name, data: [...data], type: "DOUBLE" as const, nullable: false }));
  return new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize }));
};
const read = async (bytes: Uint8Array) => await readFileColumns(readerOf(bytes));
const three: TestFile = { schema: scalarFloat, path: ["x"], entries: 3, values: 3, pages: [{ count: 3, values: floats(1, 2, 3) }] };

test("a file without rows, or without row groups, has its columns and no entries", async () => {
  for (const bytes of [write({ x: [] }), encodeTestFile({ ...three, entries: 0, values: 0, pages: [] })]) {
    assert.deepEqual([...(await read(bytes)).columns], [["x", []]]);
  }
});

test("names that JavaScript's objects have are names of columns like any other", async () => {
  const names = ["__proto__", "constructor", "length", "toString", "hasOwnProperty", "a.b", " "];
  const bytes = write(Object.fromEntries(names.map((_, at) => [`c${at}`, [at]])));
  const renamed = names.reduce<Uint8Array>((file, name, at) => rename(file, `c${at}`, name), bytes);
  assert.deepEqual([...(await read(renamed)).columns.keys()].sort(), names.toSorted());
});

test("a file whose footer is encrypted, which begins and ends with a magic of its own, is refused as that, whatever its name", async () => {
  const bytes = write({ x: [1] });
  const magic = new TextEncoder().encode("PARE");
  bytes.set(magic);
  bytes.set(magic, bytes.length - magic.length);
  for (const name of ["a.parquet", "a.data"])
    await assert.rejects(describeFile(readerOf(bytes), name), {
      message: `Cannot read ${name}: its footer is encrypted, which is not supported`,
    });
});

test("two columns of one name cannot be used, for nobody could say which is meant", async () => {
  const { columns, unsupported } = await read(rename(write({ xx: [1], yy: [2], z: [3] }), "yy", "xx"));
  assert.deepEqual([...columns], [["z", [3]]]);
  assert.deepEqual(new Set(unsupported.map(({ name, reason }) => `${name} ${reason}`)), new Set(["xx is the name of two columns"]));
});

test("ten thousand columns are described, and any of them is read", async () => {
  const columns = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`column${at}`, [at]]));
  const description = await describeFile(readerOf(write(columns)), "wide.parquet");
  assert.equal(description.shape.columns.size, 10_000);
  assert.equal(description.nullable.length, 10_000);
});

const half: readonly SchemaElement[] = [
  { name: "x", type: "FIXED_LEN_BYTE_ARRAY", type_length: 2, logical_type: { type: "FLOAT16" }, repetition_type: "REQUIRED" },
];

test("floats of 16 bits are read as those of 32", async () => {
  const halves = [0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x8000, 0x7c00, 0x3555];
  const values = new Uint8Array(Uint16Array.from(halves).buffer);
  const { columns } = await read(encodeTestFile({ ...three, schema: half, entries: 8, values: 8, pages: [{ count: 8, values }] }));
  const expected = [1, -2, 65_504, 2 ** -24, 2 ** -14, -0, Number.POSITIVE_INFINITY, 0.333251953125];
  assert.deepEqual(columns.get("x"), expected);
});

const requiredList: readonly SchemaElement[] = listOfFloat.map((each) =>
  each.num_children && each.name === "x" ? { ...each, repetition_type: "REQUIRED" } : each,
);
const lies: readonly (readonly [string, TestFile, RegExp])[] = [
  [
    "definition levels beyond the highest",
    {
      ...three,
      schema: requiredList,
      path: ["x", "list", "element"],
      entries: 1,
      values: 1,
      levelWidth: 2,
      pages: [{ count: 1, repetition: [0], definition: [3], values: floats(1) }],
    },
    /a level is beyond 2/,
  ],
  [
    "indices beyond the dictionary",
    {
      ...three,
      pages: [
        { dictionary: true, count: 2, values: floats(0.5, 1.5) },
        { count: 3, encoding: "RLE_DICTIONARY", values: Uint8Array.of(2, 6, 2) },
      ],
    },
    /a dictionary index is beyond the dictionary's 2 values/,
  ],
  [
    "a page that states fewer values than it has",
    { ...three, pages: [{ count: 2, values: floats(1, 2, 3) }] },
    /ends before its last value/,
  ],
  ["a page that states more values than it has", { ...three, pages: [{ count: 3, values: floats(1, 2) }] }, /3 values need 12 bytes/],
  [
    "a dictionary that states more values than it has",
    { ...three, pages: [{ dictionary: true, count: 3, values: floats(1) }] },
    /need 12 bytes/,
  ],
];

for (const [what, file, message] of lies) {
  test(`a file with ${what} is refused`, async () => {
    await assert.rejects(read(encodeTestFile(file)), message);
  });
}

test("a footer that is cut, or states another length, is refused by a sentence", async () => {
  const bytes = encodeTestFile(three);
  const footerLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 8, true);
  for (const length of [0, 1, footerLength - 1, footerLength + 1, bytes.length, 2 ** 32 - 1]) {
    const lying = bytes.slice();
    new DataView(lying.buffer).setUint32(bytes.length - 8, length, true);
    await assert.rejects(read(lying), { name: "DatasetError", permanent: true });
  }
});

/** The same file with another name of equal or other length for a column: the schema is in the footer, whose length changes with it. */
function rename(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = bytes.length - 8 - view.getUint32(bytes.length - 8, true);
  const [old, name] = [from, to].map((each) => [each.length, ...new TextEncoder().encode(each)]);
  let footer = [...bytes.subarray(start, bytes.length - 8)];
  for (let at = 0; at + old!.length <= footer.length; at++) {
    if (old!.every((byte, index) => footer[at + index] === byte))
      footer = [...footer.slice(0, at), ...name!, ...footer.slice(at + old!.length)];
  }
  const length = new Uint8Array(Uint32Array.of(footer.length).buffer);
  return Uint8Array.from([...bytes.subarray(0, start), ...footer, ...length, ...bytes.subarray(bytes.length - 4)]);
}

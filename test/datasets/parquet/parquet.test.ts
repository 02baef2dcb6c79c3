import assert from "node:assert/strict";
import { test } from "node:test";
import type { SchemaElement } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { decodeDescription, encodeDescription } from "../../../datasets/catalogue/encode-description.ts";
import { encodeFile } from "../../../datasets/parquet/encode-file.ts";
import { parquet } from "../../../datasets/parquet/parquet.ts";
import type { ByteReader } from "../../../datasets/sources/source.ts";
import { sequence } from "../read-for-test.ts";
import { encodeTestFile, floats, listOfFloat, scalarFloat } from "./first-version-file.ts";

function readerOf(bytes: Uint8Array): ByteReader {
  return { byteLength: bytes.length, slice: async (start, end) => bytes.slice(start, end).buffer as ArrayBuffer };
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(pieces.flatMap((piece) => [...piece]));
}

const sound = join(
  encodeFile(
    [
      { name: "MET_pt", values: new Float32Array([1, 2, 3]) },
      { name: "Jet_pt", values: new Float32Array([4, 5]), offsets: new Uint32Array([0, 2, 2, 2]) },
    ],
    3,
    "test",
  ),
);

test("parquet.describe gives entries, level entries and places of the chunks", async () => {
  const { shape, units, values, places } = await parquet.describe(readerOf(sound), "a.parquet", {});
  assert.deepEqual([...shape.columns.keys()], ["MET_pt", "Jet_pt"]);
  assert.deepEqual(shape.unsupported, []);
  assert.deepEqual(units, [{ entries: 3, firstEntry: 0 }]);
  const { start, length } = places;
  assert.deepEqual([...values], [3, 4], "two elements and two empty lists");
  assert.equal(start[0], 4);
  assert.equal(start[0]! + length[0]!, start[1]);
});

test("parquet.describe numbers the entries of row groups through", async () => {
  const data = Array.from({ length: 10 }, (_, index) => index);
  const bytes = new Uint8Array(parquetWriteBuffer({ columnData: [{ name: "x", data, type: "INT32" }], rowGroupSize: 4 }));
  const { units } = await parquet.describe(readerOf(bytes), "a.parquet", {});
  assert.deepEqual(
    units.map(({ entries, firstEntry }) => [entries, firstEntry]),
    [
      [4, 0],
      [4, 4],
      [2, 8],
    ],
  );
});

test("parquet.describe calls a column nullable where the schema says optional and statistics leave room", async () => {
  const nullable = async (metadata: object, schema = listOfFloat) => {
    const pages = [{ count: 1, repetition: [0], definition: [3], values: floats(1) }];
    const bytes = encodeTestFile({ schema, path: schema.map(({ name }) => name), pages, entries: 1, values: 1, levelWidth: 2, metadata });
    return (await parquet.describe(readerOf(bytes), "a.parquet", {})).nullable[0] === 1;
  };
  assert.equal(await nullable({}), true);
  assert.equal(await nullable({ statistics: { null_count: 0n } }), false);
  assert.equal(await nullable({ statistics: { null_count: 2n } }), true);
  const emptyOnly = { statistics: { null_count: 2n }, size_statistics: { definition_level_histogram: [1n, 1n, 0n, 1n] } };
  assert.equal(await nullable(emptyOnly), false, "only empty lists were counted");
  assert.equal(await nullable({}, scalarFloat), false);
});

test("parquet.describe tells which 64-bit integers may be rounded: those from 2^53 on, and where statistics do not tell", async () => {
  const rounded = async (data: readonly (bigint | null)[]) => {
    const bytes = parquetWriteBuffer({ columnData: [{ name: "x", data: [...data], type: "INT64" }], rowGroupSize: 2 });
    const description = await parquet.describe(readerOf(new Uint8Array(bytes)), "a.parquet", {});
    const stored = await encodeDescription(description);
    assert.deepEqual(await decodeDescription(stored, async () => description.shape), description);
    return description.rounded?.[0] === 1;
  };
  const limit = 2n ** 53n;
  assert.equal(await rounded([1n, limit - 1n, 1n - limit]), false);
  assert.equal(await rounded([1n, 2n, limit]), true);
  assert.equal(await rounded([-limit, 0n]), true);
  assert.equal(await rounded([null, null, 3n]), false, "nothing is in the first row group");

  const values = new Uint8Array(new BigInt64Array([1n, 2n]).buffer);
  const describe = async (schema: SchemaElement, metadata: object = {}) => {
    const bytes = encodeTestFile({ schema: [schema], path: ["x"], entries: 2, values: 2, pages: [{ count: 2, values }], metadata });
    return (await parquet.describe(readerOf(bytes), "a.parquet", {})).rounded?.[0] === 1;
  };
  const signed: SchemaElement = { name: "x", type: "INT64", repetition_type: "REQUIRED" };
  const unsigned: SchemaElement = { ...signed, converted_type: "UINT_64" };
  assert.equal(await describe(signed), true, "there are no statistics");
  assert.equal(await describe({ ...signed, type: "DOUBLE" }), false);
  assert.equal(await describe(unsigned, { statistics: { min_value: 0n, max_value: 7n } }), false);
  assert.equal(await describe(unsigned, { statistics: { min_value: 0n, max_value: -1n } }), true);
});

test("parquet.describe lists what it cannot use, with reasons", async () => {
  const bytes = new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: "name", data: ["a", "b"], type: "JSON" },
        { name: "x", data: [1, 2], type: "INT32" },
        { name: "shape", data: ["00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000001"], type: "UUID" },
      ],
    }),
  );
  const { columns, unsupported } = (await parquet.describe(readerOf(bytes), "a.parquet", {})).shape;
  assert.deepEqual([...columns.keys()], ["x"]);
  assert.deepEqual(
    unsupported.map(({ name }) => name),
    ["name", "shape"],
  );
});

for (const [what, bytes, message] of [
  ["nothing", new Uint8Array(0), /has 0 bytes/],
  ["a truncated file", sound.subarray(0, sound.length - 5), /truncated/],
  ["an encrypted footer", Uint8Array.from([...sound.subarray(0, -1), 69]), /encrypted/],
  [
    "a footer longer than the file",
    Uint8Array.from([...sound.subarray(0, -8), 255, 255, 0, 0, ...sound.subarray(-4)]),
    /footer is damaged/,
  ],
] as const) {
  test(`parquet.describe refuses ${what} for good`, async () => {
    await assert.rejects(parquet.describe(readerOf(bytes), "a.parquet", {}), { name: "DatasetError", permanent: true, message });
    await assert.rejects(parquet.describe(readerOf(bytes), "a.parquet", {}), /^DatasetError: Cannot read a\.parquet: /);
  });
}

test("parquet.describe answers or refuses whatever byte of a footer is changed", async () => {
  const draw = sequence(5);
  let refused = 0;
  for (let round = 0; round < 400; round++) {
    const bytes = sound.slice();
    bytes[bytes.length - 9 - draw(150)] = draw(256);
    try {
      await parquet.describe(readerOf(bytes), "a.parquet", {});
    } catch (error) {
      assert.equal(error instanceof Error && error.name, "DatasetError");
      refused++;
    }
  }
  assert(refused > 100, `only ${refused} of 400 damaged footers were refused`);
});

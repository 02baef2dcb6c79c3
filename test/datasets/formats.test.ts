import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { describeFile, written } from "../../datasets/formats.ts";

for (const [what, text, message] of [
  ["nothing", "", /is not a Parquet or ROOT file; it has 0 bytes$/],
  ["text", "event,pt\n1,2\n3,4\n", /is not a Parquet or ROOT file$/],
  ["the beginning of a ROOT file", "root\0\0\0\0\0\0\0\0\0", /it has 13 bytes, too few for a ROOT file$/],
] as const) {
  test(`describeFile refuses ${what} for good`, async () => {
    const bytes = new TextEncoder().encode(text);
    const reader = { byteLength: bytes.length, slice: async (start: number, end?: number) => bytes.slice(start, end).buffer };
    await assert.rejects(describeFile(reader, "a.x"), { name: "DatasetError", permanent: true, message });
    await assert.rejects(describeFile(reader, "a.x"), /^DatasetError: Cannot read a\.x: /);
  });
}

const parquetBytes = async (): Promise<Uint8Array<ArrayBuffer>> =>
  Uint8Array.from(Buffer.concat(await written.encode([{ name: "pt", values: Float32Array.of(1, 2, 3) }], 3, "test")));

test("describeFile reads a file once that is what its name says, and finds out what it is where the name misleads", async () => {
  const bytes = await parquetBytes();
  for (const [name, reads] of [
    ["a.parquet", 1],
    ["a.root", 3],
    ["a", 2],
  ] as const) {
    let count = 0;
    const slice = async (start: number, end?: number) => {
      count++;
      return bytes.slice(start, end).buffer;
    };
    const { units } = await describeFile({ byteLength: bytes.length, slice }, name);
    assert.deepEqual(units, [{ entries: 3, firstEntry: 0 }]);
    assert.equal(count, reads, name);
  }
});

test("describeFile gives the same again, with schemas that it knows and read into memory that it uses again, and earlier descriptions stay as they are", async () => {
  const trees = ["kinds", "runs"].map((name) => `root/files/${name}.root`);
  const ntuples = ["structures", "extension", "forms", "encodings"].map((name) => `root/files/rntuple/${name}.root`);
  const names = [...trees, ...ntuples];
  const paths = names.map((name) => fileURLToPath(new URL(name, import.meta.url)));
  const files = [await parquetBytes(), ...(await Promise.all(paths.map(async (path) => Uint8Array.from(await readFile(path)))))];
  const slice = (bytes: Uint8Array) => async (start: number, end?: number) => Uint8Array.from(bytes.subarray(start, end)).buffer;
  const expected: unknown[] = [];
  const found: unknown[] = [];
  for (const bytes of files) expected.push(await describeFile({ byteLength: bytes.length, slice: slice(bytes) }, "a"));
  for (const bytes of files) {
    const readInto = async (target: Uint8Array, start: number) => target.set(bytes.subarray(start, start + target.length));
    found.push(await describeFile({ byteLength: bytes.length, slice: slice(bytes), readInto }, "a"));
  }
  assert.deepEqual(found, expected);
});

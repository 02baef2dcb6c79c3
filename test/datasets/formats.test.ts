import assert from "node:assert/strict";
import { test } from "node:test";
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

import assert from "node:assert/strict";
import { test } from "node:test";
import { describeFile } from "../../datasets/formats.ts";

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

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { decompress } from "../../../datasets/parquet/decompress.ts";

test("what decompress gives can be sliced into memory of its own, whatever the host's decompressor gives", () => {
  const page = Uint8Array.from({ length: 160 }, (_, index) => index);
  const bytes = decompress("GZIP", new Uint8Array(gzipSync(page)), page.length);
  assert.deepEqual(bytes, page);
  assert.ok(!Buffer.isBuffer(bytes));
  assert.deepEqual(new Uint8Array(bytes.slice(8, 16).buffer), page.subarray(8, 16));
});

test("decompress refuses a page that is longer or shorter than its header says", () => {
  const compressed = new Uint8Array(gzipSync(new Uint8Array(100)));
  for (const length of [99, 101]) assert.throws(() => decompress("GZIP", compressed, length));
});

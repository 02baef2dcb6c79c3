import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "../../../datasets/parquet/crc32.ts";

test("crc32 gives the check value of the standard and those of other lengths", () => {
  const of = (text: string) => crc32(new TextEncoder().encode(text));
  assert.equal(of("123456789"), 0xcbf43926);
  assert.equal(of(""), 0);
  assert.equal(of("a"), 0xe8b7be43);
  assert.equal(of("The quick brown fox jumps over the lazy dog"), 0x414fa339);
});

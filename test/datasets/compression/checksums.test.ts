import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32, xxh64 } from "../../../datasets/compression/checksums.ts";

test("crc32 gives the check value of the standard and those of other lengths", () => {
  const of = (text: string) => crc32(new TextEncoder().encode(text));
  assert.equal(of("123456789"), 0xcbf43926);
  assert.equal(of(""), 0);
  assert.equal(of("a"), 0xe8b7be43);
  assert.equal(of("The quick brown fox jumps over the lazy dog"), 0x414fa339);
});

test("xxh64 gives what the reference implementation gives, whatever the length", () => {
  const expected: readonly (readonly [number, bigint])[] = [
    [0, 0xef46db3751d8e999n],
    [1, 0x1f25c8d0bc1f4bb6n],
    [3, 0x31d2363f52e564c9n],
    [4, 0x9bb64b7d66ee9fdan],
    [8, 0xdab99d95c6f90092n],
    [13, 0xf78b031308f5bfc8n],
    [31, 0xa2aa5f33cc4a6119n],
    [32, 0x23c3c17ef790fd97n],
    [33, 0x50a7cfc7ba588784n],
    [64, 0x0eb64b3ef6eeb01fn],
    [100, 0xa61f8d4c170fe531n],
    [1000, 0x5f235fa033f1a3fbn],
  ];
  for (const [length, hash] of expected)
    assert.equal(xxh64(Uint8Array.from({ length }, (_, index) => (index * 7 + 3) % 256)), hash, `${length} bytes`);
});

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import type { CompressionCodec } from "hyparquet";
import { prepareZstd } from "../../../../datasets/compression/zstd.ts";
import { decompressInto } from "../../../../datasets/parquet/pages/decompress.ts";

await prepareZstd();

function decompress(codec: CompressionCodec, bytes: Uint8Array, length: number): Uint8Array {
  const target = new Uint8Array(length);
  decompressInto(codec, bytes, target);
  return target;
}

test("decompress refuses a page that is longer or shorter than its header says", () => {
  const compressed = new Uint8Array(gzipSync(new Uint8Array(100)));
  for (const length of [99, 101]) assert.throws(() => decompress("GZIP", compressed, length));
});

const page = Uint8Array.from({ length: 80 }, (_, index) => index % 40);
const ofHex = (text: string) => Uint8Array.from(text.match(/../g)!, (byte) => Number.parseInt(byte, 16));
/** The page by zstandard 0.25, with a checksum and without, and by lz4 4.4. */
const block = "8501008402000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223242526270100b84a5506";
const checked = ofHex(`28b52ffd2450${block}8c22fafb`);
const unchecked = ofHex(`28b52ffd0000${block}`);
const lz4 = ofHex("ff19000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324252627280010502324252627");

const joined = (...parts: readonly Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
const framed = (bytes: Uint8Array, length: number) => joined(Uint8Array.of(0, 0, 0, length, 0, 0, 0, bytes.length), bytes);

test("decompress reads ZSTD frames, LZ4 blocks and Hadoop's frames of them, one or several", () => {
  const twice = joined(page, page);
  const cases = [
    ["ZSTD", checked, page],
    ["ZSTD", unchecked, page],
    ["ZSTD", joined(unchecked, checked), twice],
    ["LZ4_RAW", lz4, page],
    ["LZ4", lz4, page],
    ["LZ4", framed(lz4, 80), page],
    ["LZ4", joined(framed(lz4, 80), framed(lz4, 80)), twice],
    ["BROTLI", new Uint8Array(brotliCompressSync(page)), page],
    ["GZIP", new Uint8Array(deflateSync(page)), page],
  ] as const;
  for (const [codec, bytes, expected] of cases) assert.deepEqual(decompress(codec, bytes, expected.length), expected, codec);
});

test("decompress refuses ZSTD whose content is not that of its checksum", () => {
  for (let bit = 0; bit < 8 * checked.length; bit++) {
    const damaged = checked.slice();
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    // If the bit for the checksum is changed, four bytes are left over. An unused bit changes nothing.
    const outcome = attempt(() => decompress("ZSTD", damaged, page.length));
    assert.ok(outcome === undefined || Buffer.compare(outcome, page) === 0, `bit ${bit}`);
  }
});

test("decompress never takes a page of another length for the one that its header states", () => {
  for (const [codec, bytes] of [
    ["ZSTD", checked],
    ["ZSTD", unchecked],
    ["LZ4", lz4],
    ["LZ4_RAW", lz4],
    ["LZ4", framed(lz4, 80)],
  ] as const) {
    for (const length of [1, 79, 81, 200]) assert.throws(() => decompress(codec, bytes, length), `${codec} of ${length}`);
    for (let end = 0; end < bytes.length; end++)
      assert.throws(() => decompress(codec, bytes.subarray(0, end), page.length), `${codec} cut at ${end}`);
  }
});

function attempt<Result>(call: () => Result): Result | undefined {
  try {
    return call();
  } catch {
    return undefined;
  }
}

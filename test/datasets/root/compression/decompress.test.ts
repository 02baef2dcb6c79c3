import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync, deflateSync } from "node:zlib";
import { xxh64 } from "../../../../datasets/compression/checksums.ts";
import { decompressInto, prepareCodecs } from "../../../../datasets/root/compression/decompress.ts";

await prepareCodecs();
const content = Uint8Array.from({ length: 80 }, (_, index) => index % 40);
const ofHex = (text: string) => Uint8Array.from(text.match(/../g)!, (byte) => Number.parseInt(byte, 16));
const joined = (...parts: readonly Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
const uint24 = (value: number) => [value & 255, (value >> 8) & 255, value >> 16];

/** The content by zstandard 0.25, lz4 4.4 and Python's lzma. */
const zstd = ofHex(
  "28b52ffd24508501008402000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223242526270100b84a55068c22fafb",
);
const lz4 = ofHex("ff19000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324252627280010502324252627");
const xz = ofHex(
  "fd377a585a0000016922de360200210116000000742fe5a3e0004f002d5d00000052500a84f99bb28021a969d627e03e065a5f048d53d404ba39570509c15524de9db87159347cf20a908000000000006b5cfcd7000145509f5fe3c69042990d010000000001595a",
);

function block(codec: string, bytes: Uint8Array, length = content.length): Uint8Array {
  const head = [...codec].map((letter) => letter.charCodeAt(0));
  return joined(Uint8Array.of(...head, 1, ...uint24(bytes.length), ...uint24(length)), bytes);
}
function checked(bytes: Uint8Array): Uint8Array {
  const sum = new Uint8Array(8);
  new DataView(sum.buffer).setBigUint64(0, xxh64(bytes));
  return joined(sum, bytes);
}

const blocks = {
  ZL: block("ZL", deflateSync(content)),
  CS: block("CS", deflateRawSync(content)),
  XZ: block("XZ", xz),
  L4: block("L4", checked(lz4)),
  ZS: block("ZS", zstd),
};

test("decompressInto reads each of ROOT's codecs, one block or several, and what is not compressed", () => {
  for (const [codec, bytes] of Object.entries(blocks)) {
    const target = new Uint8Array(content.length);
    decompressInto(bytes, target);
    assert.deepEqual(target, content, codec);
  }
  const all = joined(...Object.values(blocks));
  const target = new Uint8Array(content.length * 5);
  decompressInto(all, target);
  assert.deepEqual(target, joined(content, content, content, content, content));
  const same = new Uint8Array(content.length);
  decompressInto(content, same);
  assert.deepEqual(same, content);
});

test("decompressInto writes nothing beyond its target, and refuses content of another length", () => {
  for (const [codec, bytes] of Object.entries(blocks)) {
    for (const length of [0, 1, 79, 81, 1000]) {
      const around = new Uint8Array(length + 64).fill(7);
      if (length !== bytes.length) assert.throws(() => decompressInto(bytes, around.subarray(32, 32 + length)), `${codec} of ${length}`);
      assert.ok(around.subarray(32 + length).every((byte) => byte === 7));
    }
    for (let end = 1; end < bytes.length; end++)
      if (end !== content.length)
        assert.throws(() => decompressInto(bytes.subarray(0, end), new Uint8Array(content.length)), `${codec} cut at ${end}`);
  }
});

test("decompressInto notices every changed bit where the codec has a checksum", () => {
  for (const codec of ["ZL", "XZ", "L4", "ZS"] as const) {
    // ROOT's byte for the method of compression does not change the content, and an unused flag in a header is ignored.
    for (let bit = 0; bit < 8 * blocks[codec].length; bit++) {
      const damaged = blocks[codec].slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      const target = new Uint8Array(content.length);
      try {
        decompressInto(damaged, target);
      } catch {
        continue;
      }
      assert.deepEqual(target, content, `${codec}, bit ${bit}`);
    }
  }
});

test("decompressInto names what is not one of ROOT's codecs", () => {
  assert.throws(() => decompressInto(block("QQ", content), new Uint8Array(80)), /"QQ" is not one of ROOT's/);
});

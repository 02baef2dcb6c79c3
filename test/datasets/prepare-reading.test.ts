/** Tests what a thread prepares before its first job. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decompressZstd } from "../../datasets/compression/zstd.ts";
import { prepareReading } from "../../datasets/formats.ts";
import { verifyChecksum } from "../../datasets/root/rntuple/checksum.ts";

const ofHex = (text: string) => Uint8Array.from(text.match(/../g)!, (byte) => Number.parseInt(byte, 16));

test("once a thread is prepared, decoders and checksums are there at once, and preparing it again changes nothing", async () => {
  await prepareReading();
  await prepareReading();
  const page = new Uint8Array(6);
  // Made by zstandard 0.25: a frame of six equal bytes that states its length.
  decompressZstd(ofHex("28b52ffd2006310000070707070707"), page);
  assert.deepEqual(page, new Uint8Array(6).fill(7));
  assert.throws(() => verifyChecksum(page, new Uint8Array(8), "a page"), /the checksum of a page does not match/);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { readBlocks } from "../../../datasets/sources/read-blocks.ts";
import type { ByteReader } from "../../../datasets/sources/source.ts";
import { seeded, seedOr } from "../../support/seeded.ts";

const bytes = Uint8Array.from({ length: 2 ** 20 + 77 }, (_, at) => at * 7 + (at >> 8));

function counting() {
  const reads: string[] = [];
  const reader: ByteReader = {
    byteLength: bytes.length,
    slice: async (start, end = bytes.length) => {
      reads.push(`${start}–${end}`);
      if (start > end || end > bytes.length) throw new RangeError("beyond the end");
      return bytes.slice(start, end).buffer;
    },
    joined: { gap: 0, most: 1, atATime: 1, read: () => Promise.reject(new Error("not used")) },
  };
  return { reader, reads };
}

test("readBlocks gives what the reader gives, and what it does not", async () => {
  const random = seeded(seedOr(4));
  const { reader } = counting();
  const blocks = readBlocks(reader);
  for (let round = 0; round < 300; round++) {
    const start = random.below(bytes.length);
    const end = Math.min(bytes.length, start + random.below(random.chance(0.2) ? 300_000 : 5_000));
    assert.deepEqual(new Uint8Array(await blocks.slice(start, end)), bytes.slice(start, end));
  }
  await assert.rejects(blocks.slice(bytes.length - 1, bytes.length + 1), /beyond the end/);
});

test("readBlocks fetches small reads that lie together once, and large ones as they are", async () => {
  const { reader, reads } = counting();
  const blocks = readBlocks(reader);
  for (const [start, end] of [
    [0, 4],
    [100, 900],
    [60_000, 70_000],
    [70_000, 70_010],
    [100_000, 400_000],
  ])
    await blocks.slice(start!, end);
  assert.deepEqual(reads, ["0–65536", "65536–131072", "100000–400000"]);
});

test("readBlocks leaves a reader alone whose reads cost nothing", () => {
  const { joined: _, ...near } = counting().reader;
  assert.equal(readBlocks(near), near);
});

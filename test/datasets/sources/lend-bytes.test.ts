import assert from "node:assert/strict";
import { test } from "node:test";
import { lendBytes } from "../../../datasets/sources/lend-bytes.ts";
import type { ByteReader } from "../../../datasets/sources/source.ts";

const content = Uint8Array.from({ length: 300_000 }, (_, at) => at % 251);
const slicing: ByteReader = { byteLength: content.length, slice: async (start, end) => content.slice(start, end).buffer };
const filling: ByteReader = {
  ...slicing,
  async readInto(target, start) {
    await Promise.resolve();
    target.set(content.subarray(start, start + target.length));
  },
};

test("lendBytes gives the bytes of the range, from readers of both kinds", async () => {
  for (const reader of [slicing, filling]) {
    for (const [start, end] of [
      [0, 0],
      [7, 8],
      [1000, 250_000],
    ] as const) {
      assert.deepEqual(await lendBytes(reader, { start, end }, (bytes) => bytes.slice()), content.slice(start, end));
    }
  }
});

test("lendBytes lends one buffer again and again, and never one to two at a time", async () => {
  const buffers = new Set<ArrayBufferLike>();
  const lend = () => lendBytes(filling, { start: 0, end: 100_000 }, ({ buffer }) => buffers.add(buffer));
  for (let time = 0; time < 10; time++) await lend();
  assert.equal(buffers.size, 1);
  const together = await Promise.all([10, 20, 30].map((start) => lendBytes(filling, { start, end: start + 5 }, (bytes) => [...bytes])));
  assert.deepEqual(
    together,
    [10, 20, 30].map((start) => [...content.subarray(start, start + 5)]),
  );
});

test("lendBytes lends a buffer again after a read that failed", async () => {
  const broken: ByteReader = { ...slicing, readInto: () => Promise.reject(new Error("the disk is gone")) };
  await assert.rejects(
    lendBytes(broken, { start: 0, end: 10 }, () => 0),
    /the disk is gone/,
  );
  assert.equal(await lendBytes(filling, { start: 5, end: 6 }, ([byte]) => byte), 5);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { DamagedPartial, decodePartial, encodePartial, type PartialResult } from "../../../engine/histogram/partial.ts";

const partial: PartialResult = {
  entries: 1000,
  filters: [
    { events: 900, weight: 0.1 + 0.2 },
    { events: 2 ** 53, weight: -1e-300 },
    { events: 2, weight: Number.POSITIVE_INFINITY },
  ],
  histograms: [
    { storage: "count", fills: 3, nonFinite: 0, cells: 4, contents: { values: Float64Array.of(0, 1, 2, 0) } },
    { storage: "count", fills: 7, nonFinite: 1, cells: 1000, filled: Float64Array.of(3, 999), contents: { values: Float64Array.of(1, 6) } },
    {
      storage: "weighted",
      fills: 5,
      nonFinite: 2,
      cells: 3,
      contents: { values: Float64Array.of(-0.5, 0, 1e154), variances: Float64Array.of(0.25, 0, Number.POSITIVE_INFINITY) },
    },
    {
      storage: "weighted",
      fills: 1,
      nonFinite: 0,
      cells: 500,
      filled: Float64Array.of(0),
      contents: { values: Float64Array.of(5e-324), variances: Float64Array.of(0) },
    },
    { storage: "count", fills: 0, nonFinite: 0, cells: 50, filled: new Float64Array(0), contents: { values: new Float64Array(0) } },
  ],
};

test("decodePartial gives back what encodePartial took", async () => {
  assert.deepEqual(await decodePartial(await encodePartial(partial)), partial);
});

test("decodePartial takes bytes that lie anywhere in a larger buffer", async () => {
  const bytes = await encodePartial(partial);
  const larger = new Uint8Array(bytes.length + 13);
  larger.set(bytes, 13);
  assert.deepEqual(await decodePartial(larger.subarray(13)), partial);
});

test("encodePartial gives the same bytes for the same partial", async () => {
  assert.deepEqual(await encodePartial(partial), await encodePartial(structuredClone(partial)));
});

test("decodePartial detects every byte that was changed", async () => {
  const bytes = await encodePartial(partial);
  for (let at = 0; at < bytes.length; at++) {
    const damaged = bytes.slice();
    damaged[at] ^= 1 << (at % 8);
    await assert.rejects(decodePartial(damaged), DamagedPartial, `byte ${at}`);
  }
});

test("decodePartial does not compare the checksum of bytes that are known to be intact", async () => {
  const bytes = await encodePartial(partial);
  bytes[8]! ^= 1;
  await assert.rejects(decodePartial(bytes), DamagedPartial);
  assert.deepEqual(await decodePartial(bytes, { isIntact: true }), partial);
});

test("decodePartial detects bytes that are cut off or added", async () => {
  const bytes = await encodePartial(partial);
  for (let length = 0; length < bytes.length; length++)
    await assert.rejects(decodePartial(bytes.subarray(0, length)), DamagedPartial, `${length} bytes`);
  await assert.rejects(decodePartial(Uint8Array.of(...bytes, 0)), DamagedPartial);
});

test("decodePartial refuses another version's bytes, and says so", async () => {
  const bytes = await encodePartial(partial);
  bytes[7] = "1".charCodeAt(0);
  await assert.rejects(decodePartial(bytes), /not a partial of version 4/);
});

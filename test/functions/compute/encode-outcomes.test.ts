import assert from "node:assert/strict";
import { test } from "node:test";
import { DamagedOutcomes, decodeOutcomes, encodeOutcomes } from "../../../functions/compute/encode-outcomes.ts";
import type { Outcome } from "../../../functions/compute/executor.ts";

const timing = { compiling: 5, loading: 30.5, reading: 10, decoding: 15, thread: 2, computing: 40, bytes: 1000 };
const outcomes: readonly Outcome[] = [
  { kind: "partial", partial: new Uint8Array([1, 2, 3]), timing },
  { kind: "failed", cause: "no such column: μ", permanent: true },
  { kind: "undone", cause: "withdrawn" },
  { kind: "partial", partial: new Uint8Array(10_000).fill(7) },
  { kind: "partial", partial: new Uint8Array() },
];

test("decodeOutcomes gives what encodeOutcomes was given, each partial in memory of its own", async () => {
  const decoded = await decodeOutcomes(await encodeOutcomes(outcomes), outcomes.length);
  assert.deepEqual(decoded, outcomes);
  const [first] = decoded;
  assert.ok(first?.kind === "partial" && first.partial.buffer.byteLength === 3);
});

test("decodeOutcomes refuses every single damaged byte, a cut end, and a wrong number of outcomes", async () => {
  const bytes = await encodeOutcomes(outcomes.slice(0, 3));
  for (let at = 0; at < bytes.length; at++) {
    const damaged = bytes.slice();
    damaged[at]! ^= 1;
    await assert.rejects(decodeOutcomes(damaged, 3), DamagedOutcomes);
  }
  await assert.rejects(decodeOutcomes(bytes.slice(0, -1), 3), DamagedOutcomes);
  await assert.rejects(decodeOutcomes(bytes, 4), /3 outcomes of 4/);
  await assert.rejects(decodeOutcomes(new TextEncoder().encode("<html>"), 3), /not an answer of the compute function/);
});

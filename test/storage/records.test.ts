import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeProgram, encodeProgram, headOfPlan, joinPlan, pieceOfPlan } from "../../storage/records.ts";
import type { StoredPlan } from "../../storage/store.ts";

test("decodeProgram gives what encodeProgram got, the module in memory of its own", () => {
  const program = { programKey: "é", program: { a: [1, null, "😀"] }, module: Uint8Array.of(0, 97, 115, 109) };
  const decoded = decodeProgram(encodeProgram(program));
  assert.deepEqual(decoded, program);
  assert.equal(decoded.module.buffer.byteLength, 4);
});

test("joinPlan gives the plan whose pieces it gets, whatever their number", () => {
  for (const count of [0, 1, 1999, 2000, 2001, 6000]) {
    const plan: StoredPlan = {
      planKey: "plan",
      programKey: "program",
      dataset: "zmumu",
      partitions: Array.from({ length: count }, (_, index) => ({ index, fingerprint: `${index}`, entries: index, file: "a" })),
    };
    const head = headOfPlan(plan);
    const pieces = Array.from({ length: head.pieces }, (_, piece) => pieceOfPlan(plan, piece));
    assert.deepEqual(joinPlan(head, pieces), plan);
    assert(pieces.every((piece) => piece.length > 0 && piece.length <= 2000));
  }
});

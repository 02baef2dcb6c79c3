import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeProgram, encodeProgram } from "../../storage/encode-records.ts";

test("decodeProgram gives what encodeProgram got, the module in memory of its own", () => {
  const program = { programKey: "é", program: { a: [1, null, "😀"] }, module: Uint8Array.of(0, 97, 115, 109) };
  const decoded = decodeProgram(encodeProgram(program));
  assert.deepEqual(decoded, program);
  assert.equal(decoded.module.buffer.byteLength, 4);
});

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { digest, sha256 } from "../../engine/sha256.ts";

test("digest and sha256 are the SHA-256 of their bytes, of any number", async () => {
  for (const size of [0, 1, 55, 56, 63, 64, 65, 4095, 4096, 4097, 100_000]) {
    const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 31) & 255);
    const expected = createHash("sha256").update(bytes).digest();
    assert.deepEqual(Buffer.from(await digest(bytes)), expected, `${size} bytes`);
    const within = new Uint8Array([7, ...bytes, 7]).subarray(1, size + 1);
    assert.deepEqual(Buffer.from(await digest(within)), expected, `${size} bytes of more`);
  }
  for (const text of ["", "µ ∈ Muon", "∈".repeat(341), "∈".repeat(342), "pt".repeat(5_000)]) {
    assert.equal(await sha256(text), createHash("sha256").update(text).digest("hex"), text.slice(0, 10));
  }
});

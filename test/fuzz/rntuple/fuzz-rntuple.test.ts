/** A short run of `npm run fuzz -- rntuple`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzzRNTuple } from "./fuzz-rntuple.ts";

test("RNTuples that are damaged, or whose metadata lie, give numbers or a named refusal", async (t) => {
  const { outcomes, faults } = await fuzzRNTuple.run({ seed: 3, count: 200, tell: (text) => t.diagnostic(text) });
  assert.deepEqual(faults, []);
  assert(outcomes["lies: refused"]! > 50, JSON.stringify(outcomes));
  assert(outcomes["lies: read"]! > 10, JSON.stringify(outcomes));
});

/** A short run of `npm run fuzz -- expressions`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzzExpressions } from "./fuzz-expressions.ts";

test("random and broken expressions give what the rules say, or are refused with their place", async (t) => {
  const { outcomes, faults } = await fuzzExpressions.run({ seed: 11, count: 200, tell: (text) => t.diagnostic(text) });
  assert.deepEqual(faults, []);
  assert(outcomes.right > 25 && outcomes.refused > 50, JSON.stringify(outcomes));
});

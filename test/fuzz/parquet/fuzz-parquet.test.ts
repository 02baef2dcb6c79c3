/** A short run of `npm run fuzz -- parquet`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzzParquet } from "./fuzz-parquet.ts";

test("damaged Parquet files give the right numbers, a named refusal, or what no checksum could show", async (t) => {
  const { outcomes, faults } = await fuzzParquet.run({ seed: 3, count: 200, tell: (text) => t.diagnostic(text) });
  assert.deepEqual(faults, []);
  assert(outcomes.refused! > 50, JSON.stringify(outcomes));
});

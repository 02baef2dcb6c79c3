/** A short run of `npm run fuzz -- http`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzzHttp } from "./fuzz-http.ts";

test("random and broken requests are answered without 5xx, a crash or a hang", async (t) => {
  const { outcomes, faults } = await fuzzHttp.run({ seed: 5, count: 600, tell: (text) => t.diagnostic(text) });
  assert.deepEqual(faults, []);
  assert((outcomes["200"] ?? 0) > 30 && (outcomes["400"] ?? 0) > 100, JSON.stringify(outcomes));
});

/** A short run of `npm run fuzz -- root`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzzRoot } from "./fuzz-root.ts";

test("damaged ROOT files give the right numbers, a named refusal, or what no checksum could show", async (t) => {
  const { outcomes, faults } = await fuzzRoot.run({ seed: 3, count: 40, tell: (text) => t.diagnostic(text) });
  assert.deepEqual(faults, []);
  assert(outcomes["TTree: refused"]! > 5, JSON.stringify(outcomes));
  assert(outcomes["RNTuple: refused"]! > 5, JSON.stringify(outcomes));
});

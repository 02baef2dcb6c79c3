import assert from "node:assert/strict";
import { test } from "node:test";
import { mostClaims } from "../../../runtime/node/most-claims.ts";

test("mostClaims is as many as take 50 ms together where each takes as long as the longest of the latest, 16 at most", () => {
  assert.equal(mostClaims([4, 4, 4, 4]), 12);
  assert.equal(mostClaims([1, 5, 2, 1, 1, 1, 1, 1]), 10);
  assert.equal(mostClaims([0.01, 0.02, 0.01, 0.01]), 16);
  assert.equal(mostClaims([0, 0, 0, 0]), 16);
});

test("mostClaims is 1 where subtasks are long, where one of the latest was, and where few are known", () => {
  assert.equal(mostClaims([26, 26, 26, 26]), 1);
  assert.equal(mostClaims([1, 1, 1, 1, 1, 1, 1, 900]), 1);
  assert.equal(mostClaims([1, 1, 1]), 1);
  assert.equal(mostClaims([]), 1);
});

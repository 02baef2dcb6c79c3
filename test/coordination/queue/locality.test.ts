import assert from "node:assert/strict";
import { test } from "node:test";
import { mayTakeFrom, rankLocality, type Standing, withJitter } from "../../../coordination/queue/locality.ts";

const now = Number.NEGATIVE_INFINITY;
const patience = { waitsSince: 1000, delay: 150 };

function standing(isHere: boolean, isElsewhere: boolean, belongsTo: Standing["belongsTo"], waitsSince = 1200): Standing {
  return { isHere, isElsewhere: () => isElsewhere, belongsTo, waitsSince };
}

test("mayTakeFrom: what is here and nowhere else at once, whoever should have it", () => {
  for (const belongsTo of ["this", "free", "busy"] as const) {
    assert.equal(mayTakeFrom(standing(true, false, belongsTo), patience), now);
    assert.equal(rankLocality(standing(true, false, belongsTo)), 2);
  }
});

test("mayTakeFrom: of what others have as well its own at once, that of another after the delay, or at once where it has nothing to do", () => {
  assert.equal(mayTakeFrom(standing(true, true, "this"), patience), now);
  assert.equal(rankLocality(standing(true, true, "this")), 2);
  for (const belongsTo of ["free", "busy"] as const) {
    assert.equal(mayTakeFrom(standing(true, true, belongsTo), patience), 1350);
    assert.equal(mayTakeFrom(standing(true, true, belongsTo), { ...patience, isIdle: true }), now);
    assert.equal(rankLocality(standing(true, true, belongsTo)), 0);
  }
});

test("mayTakeFrom: what nobody holds at once by the node it belongs to, and by others if that is busy", () => {
  assert.equal(mayTakeFrom(standing(false, false, "this"), patience), now);
  assert.equal(rankLocality(standing(false, false, "this")), 1);
  assert.equal(mayTakeFrom(standing(false, false, "busy"), patience), now);
  assert.equal(rankLocality(standing(false, false, "busy")), 0);
  assert.equal(mayTakeFrom(standing(false, false, "free"), patience), 1350);
});

test("mayTakeFrom: what another holds after the delay, counted from when both the node and the subtask waited", () => {
  for (const belongsTo of ["this", "free", "busy"] as const) {
    assert.equal(mayTakeFrom(standing(false, true, belongsTo, 1200), patience), 1350);
    assert.equal(mayTakeFrom(standing(false, true, belongsTo, 300), patience), 1150);
    assert.equal(rankLocality(standing(false, true, belongsTo)), 0);
  }
});

test("withJitter spreads a delay from half to one and a half", () => {
  assert.deepEqual(
    [0, 0.5, 1].map((random) => withJitter(150, random)),
    [75, 150, 225],
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { mostErrors, mostLostClaims } from "../../../coordination/coordinator.ts";
import { type Attempts, type ClaimEnd, decideEnd, describeFailure, noAttempts } from "../../../coordination/queue/claim-end.ts";

const error: ClaimEnd = { kind: "fail", cause: "broken", permanent: false };
const lose: ClaimEnd = { kind: "lose", cause: "node left" };
const running = { attempts: noAttempts, wanted: true, begun: true, stopped: false };

test("decideEnd: completing is done, whoever is interested", () => {
  for (const wanted of [true, false]) {
    for (const stopped of [true, false])
      assert.deepEqual(decideEnd({ kind: "complete" }, { ...running, wanted, stopped }), { kind: "done" });
  }
});

test("decideEnd: what no client is interested in is withdrawn, however its claim ends, and never failed", () => {
  const nearlyFailed: Attempts = { errors: mostErrors - 1, lost: mostLostClaims - 1, causes: [] };
  for (const end of [error, { ...error, permanent: true }, lose, { kind: "release" }] as const) {
    assert.deepEqual(decideEnd(end, { attempts: nearlyFailed, wanted: false, begun: true, stopped: true }), { kind: "withdrawn" });
  }
});

test("decideEnd: a release, or an error after the claim was told to stop, counts for nothing", () => {
  assert.deepEqual(decideEnd({ kind: "release" }, running), { kind: "unowned", attempts: noAttempts });
  assert.deepEqual(decideEnd({ ...error, permanent: true }, { ...running, begun: true, stopped: true }), {
    kind: "unowned",
    attempts: noAttempts,
  });
});

function repeat(end: ClaimEnd, times: number, attempts = noAttempts) {
  let verdict = decideEnd(end, { ...running, attempts });
  for (let time = 1; time < times; time++) {
    assert(verdict.kind === "unowned");
    verdict = decideEnd(end, { ...running, attempts: verdict.attempts });
  }
  return verdict;
}

test("decideEnd: errors and lost claims are counted apart, and either alone fails a subtask at its own limit", () => {
  assert.equal(repeat(error, mostErrors).kind, "failed");
  assert.equal(repeat(lose, mostLostClaims).kind, "failed");
  const nearly = repeat(lose, mostLostClaims - 1, { errors: mostErrors - 1, lost: 0, causes: ["broken"] });
  assert.deepEqual(nearly, {
    kind: "unowned",
    attempts: { errors: mostErrors - 1, lost: mostLostClaims - 1, causes: ["broken", "node left"] },
  });
});

test("decideEnd: an error that cannot mend fails a subtask at once", () => {
  assert.deepEqual(decideEnd({ ...error, permanent: true }, running), {
    kind: "failed",
    attempts: { errors: 1, lost: 0, causes: ["broken"] },
  });
});

test("settle keeps few and short causes", () => {
  let attempts = noAttempts;
  for (let node = 1; node < mostLostClaims; node++) {
    const verdict = decideEnd({ kind: "lose", cause: `node ${node} left${" ".repeat(1e6)}` }, { ...running, attempts });
    assert(verdict.kind === "unowned");
    attempts = verdict.attempts;
  }
  assert.equal(attempts.causes.length, mostErrors);
  assert(JSON.stringify(attempts).length < 10_000);
});

test("describeFailure tells all attempts and each cause once", () => {
  assert.deepEqual(describeFailure({ errors: 2, lost: 3, causes: ["broken", "node left"] }), { attempts: 5, cause: "broken; node left" });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { groupClaims, mostClaims } from "../../../runtime/node/run-claims.ts";

const claim = (programKey: string, partition: number, dataset = "d") => ({
  subtask: { key: `${programKey}:f${partition}`, programKey, fingerprint: `f${partition}`, dataset, partition },
});
const names = (...partitions: readonly number[]) => partitions.map((partition) => ({ partition, fingerprint: `f${partition}` }));

test("groupClaims puts partitions of the same programs, and programs over the same partitions, into one request", () => {
  assert.deepEqual(groupClaims([claim("p", 1), claim("p", 2), claim("p", 3)]), [
    { programs: ["p"], dataset: "d", partitions: names(1, 2, 3) },
  ]);
  assert.deepEqual(groupClaims([claim("q", 1), claim("p", 1), claim("p", 2), claim("q", 2)]), [
    { programs: ["p", "q"], dataset: "d", partitions: names(1, 2) },
  ]);
});

test("groupClaims asks for nothing that was not claimed", () => {
  assert.deepEqual(groupClaims([claim("p", 1), claim("q", 1), claim("p", 2), claim("p", 1, "e")]), [
    { programs: ["p", "q"], dataset: "d", partitions: names(1) },
    { programs: ["p"], dataset: "d", partitions: names(2) },
    { programs: ["p"], dataset: "e", partitions: names(1) },
  ]);
  assert.deepEqual(groupClaims([]), []);
});

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

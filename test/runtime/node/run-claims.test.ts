import assert from "node:assert/strict";
import { test } from "node:test";
import { groupClaims } from "../../../runtime/node/run-claims.ts";

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

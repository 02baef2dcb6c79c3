import assert from "node:assert/strict";
import { test } from "node:test";
import { groupsOf } from "../../base/groups-of.ts";

test("groupsOf keeps the order, fills every group but the last, and makes none of an empty list", () => {
  assert.deepEqual(groupsOf([1, 2, 3, 4, 5], 2), [[1, 2], [3, 4], [5]]);
  assert.deepEqual(groupsOf([1, 2, 3, 4], 2), [
    [1, 2],
    [3, 4],
  ]);
  assert.deepEqual(groupsOf([1], 2), [[1]]);
  assert.deepEqual(groupsOf([], 2), []);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { QueryState } from "../../../functions/api.ts";
import { decideState, type PartitionCounts } from "../../../functions/dispatch/query-state.ts";

const none: Omit<PartitionCounts, "total"> = { absent: 0, waiting: 0, loading: 0, running: 0, merging: 0, done: 0, failed: 0 };

function decide(counts: Partial<Omit<PartitionCounts, "total">>, interested: number, hasResult = false): QueryState {
  const total = Object.values(counts).reduce((sum, each) => sum + each, 0);
  return decideState({ hasResult, interested, partitions: { ...none, ...counts, total } });
}

const cases: readonly (readonly [Partial<Omit<PartitionCounts, "total">>, ofNobody: QueryState, ofSomebody: QueryState])[] = [
  [{}, "done", "done"],
  [{ absent: 4 }, "cancelled", "waiting"],
  [{ waiting: 4 }, "cancelled", "waiting"],
  [{ absent: 2, waiting: 2 }, "cancelled", "waiting"],
  [{ waiting: 3, loading: 1 }, "cancelled", "running"],
  [{ running: 4 }, "cancelled", "running"],
  [{ waiting: 3, done: 1 }, "cancelled", "running"],
  [{ waiting: 3, failed: 1 }, "cancelled", "running"],
  [{ absent: 1, merging: 3 }, "cancelled", "running"],
  [{ merging: 1, done: 3 }, "running", "running"],
  [{ merging: 1, failed: 3 }, "running", "running"],
  [{ done: 4 }, "done", "done"],
  [{ done: 3, failed: 1 }, "done", "done"],
  [{ failed: 4 }, "failed", "failed"],
];

for (const [counts, ofNobody, ofSomebody] of cases) {
  test(`decideState of ${JSON.stringify(counts)}: ${ofNobody} where nobody is interested, ${ofSomebody} where somebody is`, () => {
    assert.deepEqual([decide(counts, 0), decide(counts, 1), decide(counts, 7)], [ofNobody, ofSomebody, ofSomebody]);
    assert.equal(decide(counts, 0, true), "done", "with its result");
  });
}

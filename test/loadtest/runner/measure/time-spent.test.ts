import assert from "node:assert/strict";
import { test } from "node:test";
import { sumOf } from "../../../../loadtest/runner/measure/read-metrics.ts";
import { compareLooks } from "../../../../loadtest/runner/measure/time-spent.ts";
import { readSeries } from "../../../support/read-series.ts";

const page = (calls: number, seconds: number, processor: number) =>
  readSeries(`# HELP femtoq_store_seconds Calls of the store
# TYPE femtoq_store_seconds histogram
femtoq_store_seconds_bucket{le="0.1",operation="getResult"} ${calls}
femtoq_store_seconds_sum{operation="getResult"} ${seconds}
femtoq_store_seconds_count{operation="getResult"} ${calls}
femtoq_store_seconds_sum{operation="putPlan"} 7
femtoq_store_seconds_count{operation="putPlan"} 1
femtoq_merge_seconds_sum ${seconds / 2}
femtoq_merge_seconds_count ${calls}
process_cpu_seconds_total ${processor}
`);

test("readSeries reads values with and without labels, and sumOf adds those of all labels", () => {
  const metrics = page(3, 1.5, 2e-1);
  assert.equal(metrics.get("process_cpu_seconds_total"), 0.2);
  assert.equal(metrics.get('femtoq_store_seconds_sum{operation="getResult"}'), 1.5);
  assert.equal(sumOf(metrics, "femtoq_store_seconds_sum"), 8.5);
  assert.equal(sumOf(metrics, "femtoq_store_seconds"), 0);
});

test("compareLooks adds what grew in all processes, most time first, and leaves out what did not happen", () => {
  const before = { at: 1000, metrics: [page(2, 1, 5), page(0, 0, 0)] };
  const after = { at: 5000, metrics: [page(6, 3, 9), page(10, 8, 1)] };
  assert.deepEqual(compareLooks(["a", "b"], before, after), {
    steps: [
      { step: "store getResult", count: 14, seconds: 10 },
      { step: "merge", count: 14, seconds: 5 },
    ],
    processors: [
      { name: "a", busy: 1 },
      { name: "b", busy: 0.25 },
    ],
    seconds: 4,
  });
});

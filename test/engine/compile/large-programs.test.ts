import assert from "node:assert/strict";
import { test } from "node:test";
import { makeDataset } from "../../support/engine/in-memory-dataset.ts";
import { prepareQuery, runPrepared } from "../../support/engine/run-query.ts";

const events = Array.from({ length: 40 }, (_, event) => ({
  met: event,
  Hit: Array.from({ length: event % 5 }, (_, x) => ({ x: (7 * event + 3 * x) % 11, y: (5 * event + x) % 7 })),
}));
const dataset = makeDataset(events);
const define = { good: "Hit.filter(h => h.x > 1)" };
const rest = { define, filter: ["met > 3", "good.length > 0"], weight: "met + 1", totals: { sum: "met" } };
const values = Array.from(
  { length: 60 },
  (_, n) => `good.filter(h => h.y < ${n}).pairs().minBy((a, b) => hypot(a.x - b.y, b.x + ${n}) - ${n})[0].x`,
);

test("a large program is compiled to several functions, and its histograms, cut flow and totals are what each histogram has alone", () => {
  const histograms = Object.fromEntries(
    values.map((value, n) => [`h${n}`, { axes: [{ type: "regular", bins: 12, lower: 0, upper: 12, value }] }]),
  );
  const prepared = prepareQuery({ ...rest, histograms }, dataset.schema);
  assert.ok(WebAssembly.Module.exports(prepared.module).filter(({ name }) => name.startsWith("run ")).length > 1);
  const all = runPrepared(prepared, dataset);
  for (const [n, value] of values.entries()) {
    const alone = runPrepared(
      prepareQuery({ ...rest, histograms: { h: { axes: [{ type: "regular", bins: 12, lower: 0, upper: 12, value }] } } }, dataset.schema),
      dataset,
    );
    assert.deepEqual(all.histograms[prepared.planned.order.get(`h${n}`)!], alone.histograms[0]);
    assert.deepEqual(all.filters, alone.filters);
    assert.deepEqual(all.totals, alone.totals);
  }
});

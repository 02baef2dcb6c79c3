import assert from "node:assert/strict";
import { test } from "node:test";
import { StepsExceeded } from "../../../engine/run/run-program.ts";
import { makeDataset } from "../../support/engine/in-memory-dataset.ts";
import { prepareQuery, runPrepared, runQuery } from "../../support/engine/run-query.ts";

const histograms = { all: { axes: [{ type: "regular", bins: 1, lower: 0, upper: 1, value: "0" }] } };
const hits = (count: number) => makeDataset([{ Hit: [] }, { Hit: Array.from({ length: count }, (_, x) => ({ x })) }]);

/** Filters, the elements of one event, and the list that is named. */
const exploding: readonly (readonly [filter: string, elements: number, list: string])[] = [
  ["Hit.combinations(6).some((a, b, c, d, e, f) => a.x + f.x == 17.5)", 200, "Hit.combinations(6)"],
  ["Hit.combinations(8).some((a, b) => a.x + b.x == 17.5)", 1000, "Hit.combinations(8)"],
  ["Hit.pairs().map((a, b) => a.x * b.x).sum() > 0", 100_000, "Hit.pairs()"],
  ["Hit.filter(h => h.x > 3).triples().sum((a, b, c) => a.x + b.x) > 0", 3_000, "Hit.filter(h => h.x > 3).triples()"],
  ["Hit.map(a => Hit.pairs().filter((b, c) => b.x > a.x).length).sum() > 0", 63_300, "Hit.pairs()"],
  ["Hit.pairs().minBy((a, b) => abs(a.x - b.x))[0].x > 0", 100_000, "Hit.pairs()"],
];

for (const [filter, elements, list] of exploding) {
  test(`${filter} over ${elements} elements is stopped before it begins, and ${list} is named`, () => {
    const dataset = hits(elements);
    const prepared = prepareQuery({ filter, histograms }, dataset.schema);
    assert.throws(
      () => runPrepared(prepared, dataset, { scratch: 1 << 22 }),
      (error) => error instanceof StepsExceeded && error.message.includes(`through ${list} takes more than the 4,000,000,000 steps`),
    );
  });
}

test("how many pairs there are takes no steps, however many", () => {
  const filter = ["Hit.pairs().length == 2147516416", "Hit.map(a => Hit.pairs().length).sum() > 0"];
  const { filters } = runQuery({ filter, histograms }, hits(65_537));
  assert.deepEqual(
    filters.map(({ events }) => events),
    [1, 1],
  );
});

test("many events of few combinations take no more steps than they have", () => {
  const dataset = makeDataset(Array.from({ length: 3_000 }, () => ({ Hit: Array.from({ length: 60 }, (_, x) => ({ x })) })));
  const { filters } = runQuery({ filter: "Hit.map(a => Hit.pairs().count((b, c) => b.x == a.x)).sum() == 1770", histograms }, dataset);
  assert.equal(filters[0].events, 3_000);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { decodePartial, encodePartial } from "../../engine/histogram/partial.ts";
import { readTotal, roundTotal, writeTotal } from "../../engine/histogram/total.ts";
import { exactSum } from "../support/engine/exact-arithmetic.ts";
import { makeDataset } from "../support/engine/in-memory-dataset.ts";
import { prepareQuery, runPrepared, runQuery } from "../support/engine/run-query.ts";
import { histogramOf } from "../support/find-issues.ts";
import { type Seeded, seeded } from "../support/seeded.ts";

const axis = { type: "regular", bins: 2, lower: 0, upper: 1 } as const;
const histograms = { h: { axes: [{ ...axis, value: "x" }] } };
const everyScale = (random: Seeded): number => (random.fraction() - 0.5) * 2 ** (random.below(2090) - 1070);
const makeEvents = (count: number, draw: (random: Seeded) => number, seed: number) => {
  const random = seeded(seed);
  return makeDataset(
    Array.from({ length: count }, () => ({ x: draw(random) })),
    { x: "float64" },
  );
};
const valuesOf = ({ events }: ReturnType<typeof makeEvents>) => events.map(({ x }) => x as number);

const draws: Readonly<Record<string, (random: Seeded) => number>> = {
  "of every scale of float64": everyScale,
  "that cancel but for their last bits": (random) => (random.chance(0.5) ? 1e16 : -1e16) + random.fraction() * 8,
  subnormal: (random) => (random.below(1e9) - 5e8) * 5e-324,
  "at the end of the range, where sums of some of them leave it": (random) =>
    (random.chance(0.5) ? 1 : -1) * Number.MAX_VALUE * (1 - random.fraction() / 2),
  "zeros of both signs": (random) => (random.chance(0.5) ? 0 : -0),
};

for (const [what, draw] of Object.entries(draws)) {
  test(`a total of values ${what} is the correctly rounded exact sum, and knows their number and range`, () => {
    for (let seed = 0; seed < 10; seed++) {
      const dataset = makeEvents(1500, draw, seed);
      const { totals } = runQuery({ totals: { sum: "x" }, histograms }, dataset);
      assert.equal(roundTotal(totals![0].sum), exactSum(valuesOf(dataset)));
      const values = valuesOf(dataset);
      const { values: count, least, largest } = totals![0];
      assert.deepEqual([count, least, largest], [values.length, Math.min(...values) + 0, Math.max(...values) + 0]);
    }
  });
}

test("a total is the same bits for every way to cut the events into partitions", () => {
  const dataset = makeEvents(3000, everyScale, 1);
  const query = { totals: { sum: "x" }, histograms };
  const whole = runQuery(query, dataset).totals;
  for (const split of [[1], [1500], [7, 8, 2999], Array.from({ length: 299 }, (_, index) => 10 * index + 10)])
    assert.deepEqual(runQuery(query, dataset, { split }).totals, whole);
});

test("a total is taken before any filter, and leaves out what is missing; what is not finite it counts apart", () => {
  const odd = [1, Number.NaN, null, Number.POSITIVE_INFINITY, 2.5, Number.NEGATIVE_INFINITY, -0.25].map((x) => ({ x }));
  const { totals, filters } = runQuery({ filter: "x > 100", totals: { sum: "x" }, histograms }, makeDataset(odd, { x: "float64?" }));
  assert.deepEqual(totals, [{ sum: totals![0].sum, values: 3, least: -0.25, largest: 2.5, nonFinite: 3 }]);
  assert.deepEqual([roundTotal(totals![0].sum), filters[0].events], [3.25, 1]);
});

test("totals that sum the same are one, in whatever order and under whatever names they are asked for", () => {
  const dataset = makeDataset([
    { x: 1, y: 10 },
    { x: 2, y: 20 },
  ]);
  const a = prepareQuery({ totals: { one: "x", two: "y", three: "x", product: "x * y" }, histograms }, dataset.schema);
  const b = prepareQuery({ totals: { p: "x * y", q: "y", r: "x" }, histograms }, dataset.schema);
  assert.deepEqual(a.planned.program, b.planned.program);
  const { totals } = runPrepared(a, dataset);
  const read = Object.fromEntries([...a.planned.totalOrder].map(([name, place]) => [name, roundTotal(totals![place].sum)]));
  assert.deepEqual(read, { one: 3, two: 30, three: 3, product: 50 });
});

test("totals are no part of programs that have none", () => {
  const dataset = makeDataset([{ x: 1 }]);
  assert.equal("totals" in prepareQuery({ histograms: { h: histogramOf("x") } }, dataset.schema).planned.program, false);
});

test("a total beyond the range of float64 is infinite, and comes back", () => {
  const dataset = makeDataset([Number.MAX_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE].map((x) => ({ x })));
  const of = (to: number) =>
    runPrepared(prepareQuery({ totals: { sum: "x" }, histograms }, dataset.schema), dataset, { to }).totals![0].sum;
  assert.equal(roundTotal(of(2)), Number.POSITIVE_INFINITY);
  assert.equal(roundTotal(-of(2)), Number.NEGATIVE_INFINITY);
  assert.equal(roundTotal(of(3)), Number.MAX_VALUE);
});

test("a partial keeps its totals exactly, and equal totals are equal bytes", async () => {
  const dataset = makeEvents(200, everyScale, 5);
  const prepared = prepareQuery({ totals: { sum: "x" }, histograms }, dataset.schema);
  const partial = runPrepared(prepared, dataset);
  assert.deepEqual(await decodePartial(await encodePartial(partial)), partial);
  for (const sum of [0n, 1n, -1n, 16n, -(1n << 2100n), (1n << 700n) + 1n]) assert.equal(readTotal(writeTotal(sum)), sum);
});

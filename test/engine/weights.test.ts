import assert from "node:assert/strict";
import { test } from "node:test";
import { makeDataset } from "../support/engine/in-memory-dataset.ts";
import { runQuery } from "../support/engine/run-query.ts";
import { seeded } from "../support/seeded.ts";

const axis = { type: "regular", bins: 4, lower: 0, upper: 4 } as const;
const random = seeded(11);
const events = Array.from({ length: 300 }, (_, entry) => ({
  entry,
  cell: random.below(4),
  w: random.fraction() * 4 - 1,
  whole: random.below(9) - 2,
  flag: random.chance(0.6),
  Jet: Array.from({ length: random.below(4) }, () => ({ cell: random.below(4), w: random.fraction() })),
}));
const dataset = makeDataset(events, { "Jet[].cell": "int32", "Jet[].w": "float64" });

/** Σ in the order of the events, flow bins included. */
function sums(pairs: readonly (readonly [cell: number, value: number])[]): number[] {
  const cells = new Array<number>(6).fill(0);
  for (const [cell, value] of pairs) cells[cell + 1] += value;
  return cells;
}

const contentsOf = (query: object) => {
  const { histogram, ...rest } = runQuery(query, dataset);
  const { contents, fills, nonFinite } = histogram("h");
  const { values, variances } = contents;
  return { values: Array.from(values), variances: variances && Array.from(variances), fills, nonFinite, filters: rest.filters };
};

test("weighted storage has the sum of weights and of their squares", () => {
  const { values, variances, fills } = contentsOf({ histograms: { h: { axes: [{ ...axis, value: "cell" }], weight: "w" } } });
  assert.deepEqual(values, sums(events.map(({ cell, w }) => [cell, w])));
  assert.deepEqual(variances, sums(events.map(({ cell, w }) => [cell, w * w])));
  assert.equal(fills, 300);
});

test("the query's weight multiplies a histogram's own, element by element where that is a list", () => {
  const scalar = contentsOf({ weight: "whole", histograms: { h: { axes: [{ ...axis, value: "cell" }], weight: "w" } } });
  assert.deepEqual(scalar.values, sums(events.map(({ cell, whole, w }) => [cell, whole * w])));
  const list = contentsOf({ weight: "whole", histograms: { h: { axes: [{ ...axis, value: "Jet.cell" }], weight: "Jet.w" } } });
  assert.deepEqual(list.values, sums(events.flatMap(({ whole, Jet }) => Jet.map((jet): [number, number] => [jet.cell, whole * jet.w]))));
  const broadcast = contentsOf({ weight: "whole", histograms: { h: { axes: [{ ...axis, value: "Jet.cell" }] } } });
  assert.deepEqual(broadcast.values, sums(events.flatMap(({ whole, Jet }) => Jet.map((jet): [number, number] => [jet.cell, whole]))));
});

test("weighted storage without a weight counts with weight 1", () => {
  const { values, variances } = contentsOf({ histograms: { h: { axes: [{ ...axis, value: "cell" }], storage: "weighted" } } });
  assert.deepEqual(values, sums(events.map(({ cell }) => [cell, 1])));
  assert.deepEqual(variances, values);
});

test("an element whose weight is finite is filled though its square is not", () => {
  const odd = makeDataset([1e200, 2e200].map((w) => ({ w, x: 1 })));
  const result = runQuery({ weight: "w", filter: ["x > 0"], histograms: { h: { axes: [{ ...axis, value: "x" }] } } }, odd);
  const { contents, fills, nonFinite } = result.histogram("h");
  assert.deepEqual([fills, nonFinite, contents.values[2], contents.variances[2]], [2, 0, 3e200, Number.POSITIVE_INFINITY]);
  assert.deepEqual(result.filters, new Array(2).fill({ events: 2, weight: 3e200 }));
});

test("an element whose weight is not finite is counted apart and not filled", () => {
  const weights = [1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 2];
  const odd = makeDataset(weights.map((w) => ({ w, x: 1 })));
  const { contents, fills, nonFinite } = runQuery({ histograms: { h: { axes: [{ ...axis, value: "x" }], weight: "w" } } }, odd).histogram(
    "h",
  );
  assert.deepEqual([fills, nonFinite], [4, 3]);
  assert.deepEqual(
    [Array.from(contents.values), Array.from(contents.variances)],
    [
      [0, 0, 3, 0, 0, 0],
      [0, 0, 5, 0, 0, 0],
    ],
  );
});

test("the cut flow of a query with a weight tells events and weight of all events, then of those that pass each filter and all before it", () => {
  const { filters, values } = contentsOf({
    filter: ["flag", "cell > 1", "w > 0"],
    weight: "w",
    histograms: { h: { axes: [{ ...axis, value: "cell" }] } },
  });
  const steps = [[...events], events.filter(({ flag }) => flag)];
  steps.push(steps[1].filter(({ cell }) => cell > 1));
  steps.push(steps[2].filter(({ w }) => w > 0));
  assert.deepEqual(
    filters,
    steps.map((passed) => ({ events: passed.length, weight: passed.reduce((sum, { w }) => sum + w, 0) })),
  );
  assert.deepEqual(values, sums(steps[3].map(({ cell, w }) => [cell, w])));
});

test("the cut flow's weight is the number of events where the query has no weight, whatever its histograms have", () => {
  const { filters } = contentsOf({ filter: "flag", histograms: { h: { axes: [{ ...axis, value: "cell" }], weight: "w" } } });
  const passed = events.filter(({ flag }) => flag).length;
  assert.deepEqual(filters, [{ events: passed, weight: passed }]);
});

test("the cut flow counts an event whose weight is missing or cannot be filled, with no weight", () => {
  const odd = makeDataset([1, Number.NaN, null, Number.NEGATIVE_INFINITY, 2, Number.POSITIVE_INFINITY].map((w) => ({ w, x: 1 })));
  const { filters } = runQuery({ filter: "x == 1", weight: "w", histograms: { h: { axes: [{ ...axis, value: "x" }] } } }, odd);
  assert.deepEqual(filters, new Array(2).fill({ events: 6, weight: 3 }));
});

test("a missing filter drops the event", () => {
  const odd = makeDataset([true, null, false].map((flag) => ({ flag, x: 1 })));
  for (const filter of ["flag", ["flag", "true"]]) {
    const { filters, histogram } = runQuery({ filter, histograms: { h: { axes: [{ ...axis, value: "x" }] } } }, odd);
    assert.equal(filters[0].events, 1);
    assert.equal(histogram("h").fills, 1);
  }
  const { histogram } = runQuery(
    { histograms: { h: { axes: [{ ...axis, value: "x" }], filter: "flag" }, not: { axes: [{ ...axis, value: "x" }], filter: "!flag" } } },
    odd,
  );
  assert.deepEqual([histogram("h").fills, histogram("not").fills], [1, 1]);
});

test("histograms of one query are filled in one pass, each as it would be alone", () => {
  const histograms = {
    plain: { axes: [{ ...axis, value: "cell" }] },
    again: { axes: [{ ...axis, value: "cell" }], label: "the same" },
    cut: { axes: [{ ...axis, value: "cell" }], filter: "w > 1" },
    weighted: { axes: [{ ...axis, value: "cell" }], weight: "w", filter: "w > 1" },
    jets: { axes: [{ ...axis, value: "Jet.cell" }], weight: "Jet.w" },
    hard: { axes: [{ ...axis, value: "Jet.filter(j => j.w > 0.5).cell" }] },
    plane: {
      axes: [
        { ...axis, value: "Jet.cell" },
        { ...axis, value: "Jet.map((j, i) => i)" },
      ],
    },
    pairs: { axes: [{ ...axis, value: "Jet.pairs().map((a, b) => abs(a.cell - b.cell))" }] },
  };
  const together = runQuery({ filter: "flag", histograms }, dataset, { split: [100] });
  for (const [name, histogram] of Object.entries(histograms)) {
    assert.deepEqual(
      together.histogram(name),
      runQuery({ filter: "flag", histograms: { [name]: histogram } }, dataset, { split: [100] }).histogram(name),
      name,
    );
  }
  assert.equal(together.histogram("plain"), together.histogram("again"));
});

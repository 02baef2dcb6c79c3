import assert from "node:assert/strict";
import { test } from "node:test";
import { Merger } from "../../../engine/histogram/merge.ts";
import type { PartialResult } from "../../../engine/histogram/partial.ts";
import type { Program } from "../../../engine/program/program.ts";
import { exactSum } from "../../support/engine/exact-arithmetic.ts";
import { type Seeded, seeded } from "../../support/seeded.ts";

const program: Pick<Program, "filters" | "weight" | "histograms"> = {
  filters: [0, 1],
  weight: 2,
  histograms: [
    { axes: [{ type: "regular", bins: 3, lower: 0, upper: 1, value: 3 }], storage: "count" },
    {
      axes: [
        { type: "regular", bins: 1, lower: 0, upper: 1, value: 3 },
        { type: "variable", edges: [0, 1, 2], value: 4 },
      ],
      weight: 5,
      storage: "weighted",
    },
  ],
};

/** Makes a partial of two histograms with 5 and 12 cells. The second one is sparse in some partials. */
function makePartial(random: Seeded): PartialResult {
  const weights = Float64Array.from({ length: 12 }, () => (random.fraction() - 0.5) * 2 ** (random.below(120) - 60));
  const filled = Float64Array.of(2, 3, 11);
  const thin = random.chance(0.5);
  const values = thin ? weights.slice(0, 3) : weights;
  return {
    entries: random.below(1000),
    filters: [
      { events: random.below(1000), weight: random.fraction() },
      { events: random.below(10), weight: -random.fraction() * 1e-9 },
    ],
    histograms: [
      {
        storage: "count",
        fills: 7,
        nonFinite: 0,
        cells: 5,
        contents: { values: Float64Array.from({ length: 5 }, () => random.below(100)) },
      },
      {
        storage: "weighted",
        fills: 3,
        nonFinite: random.below(2),
        cells: 12,
        ...(thin && { filled }),
        contents: { values, variances: values.map((value) => value * value) },
      },
    ],
  };
}

function merge(partials: readonly PartialResult[]): PartialResult {
  const merger = new Merger(program);
  for (const partial of partials) merger.add(partial);
  return merger.read();
}

test("Merger of nothing is empty, and adding an empty partial changes nothing", () => {
  const empty = merge([]);
  assert.equal(empty.entries, 0);
  assert.deepEqual(empty.filters, [
    { events: 0, weight: 0 },
    { events: 0, weight: 0 },
  ]);
  assert.deepEqual(
    empty.histograms.map(({ fills, cells, contents }) => [fills, cells, contents.values]),
    [
      [0, 5, new Float64Array(5)],
      [0, 12, new Float64Array(12)],
    ],
  );
  const partial = makePartial(seeded(1));
  assert.deepEqual(merge([empty, partial, empty]), merge([partial]));
});

test("Merger gives the same bits for every order of partials", () => {
  const random = seeded(2);
  const partials = Array.from({ length: 40 }, () => makePartial(random));
  const expected = merge(partials);
  assert.deepEqual(merge(partials.toReversed()), expected);
  for (let trial = 0; trial < 20; trial++) {
    const mixed = partials.map((partial) => ({ partial, at: random.fraction() })).sort((a, b) => a.at - b.at);
    assert.deepEqual(merge(mixed.map(({ partial }) => partial)), expected);
  }
});

test("Merger sums every cell exactly and rounds once", () => {
  const random = seeded(3);
  const partials = Array.from({ length: 30 }, () => makePartial(random));
  const merged = merge(partials);
  const cell = ({ histograms: [, { filled, contents }] }: PartialResult, index: number): number =>
    contents.values[filled ? filled.indexOf(index) : index] ?? 0;
  for (let index = 0; index < 12; index++) {
    const weights = partials.map((partial) => cell(partial, index));
    assert.equal(merged.histograms[1].contents.values[index], exactSum(weights));
    assert.equal(merged.histograms[1].contents.variances[index], exactSum(weights.map((weight) => weight * weight)));
  }
  assert.equal(
    merged.entries,
    partials.reduce((sum, { entries }) => sum + entries, 0),
  );
  assert.equal(
    merged.filters[0].events,
    partials.reduce((sum, { filters: [{ events }] }) => sum + events, 0),
  );
  assert.equal(merged.filters[1].weight, exactSum(partials.map(({ filters: [, { weight }] }) => weight)));
  assert.equal(
    merged.histograms[1].nonFinite,
    partials.reduce((sum, { histograms: [, { nonFinite }] }) => sum + nonFinite, 0),
  );
});

test("Merger refuses a partial of another shape, and is unchanged by it", () => {
  const good = makePartial(seeded(4));
  const others: readonly PartialResult[] = [
    { ...good, filters: good.filters.slice(1) },
    { ...good, histograms: good.histograms.slice(1) },
    { ...good, histograms: good.histograms.toReversed() },
    { ...good, histograms: [{ ...good.histograms[0], cells: 6, contents: { values: new Float64Array(6) } }, good.histograms[1]] },
    { ...good, histograms: [{ ...good.histograms[0], storage: "weighted" }, good.histograms[1]] },
  ];
  const merger = new Merger(program);
  merger.add(good);
  for (const other of others) assert.throws(() => merger.add(other), /Cannot merge this partial/);
  assert.deepEqual(merger.read(), merge([good]));
  assert.equal(merger.partials, 1);
});

test("Merger can be read at any time and go on", () => {
  const random = seeded(5);
  const [first, second] = [makePartial(random), makePartial(random)];
  const merger = new Merger(program);
  merger.add(first);
  const early = merger.read();
  assert.deepEqual(early, merge([first]));
  merger.add(second);
  assert.deepEqual(merger.read(), merge([first, second]));
  assert.deepEqual(early, merge([first]));
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { UhiStorage } from "../../../engine/histogram/uhi.ts";
import { fillHistogram, Merger, type PartialHistogram, writeUhi } from "../../../engine/histograms.ts";
import { makeDataset } from "../../support/engine/in-memory-dataset.ts";
import { muonSchema } from "../../support/engine/muon-schema.ts";
import { runQuery } from "../../support/engine/run-query.ts";
import { findIssues } from "../../support/find-issues.ts";
import { seeded } from "../../support/seeded.ts";

const axes = [{ type: "integer", lower: 0, upper: 3 }] as const;
const random = seeded(6);
/** Far from zero, where rounded sums of squares would tell nothing of the spread. */
const events = Array.from({ length: 3000 }, (_, index) => ({
  bin: random.below(2),
  x: index === 17 ? Number.NaN : 1e9 + random.fraction(),
  w: index === 18 ? Number.POSITIVE_INFINITY : 0.5 + random.fraction(),
}));

type Numbers = readonly number[];
const uhiOf = (histogram: PartialHistogram) => writeUhi(histogram, axes, { axes: ["x"] });

/** In two passes, as one does it by hand: Σw, Σw², mean, and Σw(x − mean)², all of x − 1e9, which is exact. */
function twoPasses(bin: number, weightOf: (event: (typeof events)[number]) => number) {
  const own = events.filter((event) => event.bin === bin && Number.isFinite(event.x) && Number.isFinite(weightOf(event)));
  const sum = (of: (event: (typeof events)[number]) => number) => own.reduce((total, event) => total + of(event), 0);
  const weights = sum(weightOf);
  const mean = sum((event) => weightOf(event) * (event.x - 1e9)) / weights;
  const deviation = sum((event) => weightOf(event) * (event.x - 1e9 - mean) ** 2);
  return { count: own.length, weights, squares: sum((event) => weightOf(event) ** 2), mean: 1e9 + mean, deviation };
}

const near = (value: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(value - expected) <= tolerance * Math.abs(expected), `${value} is not ${expected}`);

test("mean keeps how many samples there are, their mean and their variance, however far from zero they lie", () => {
  const dataset = makeDataset(events);
  const query = { histograms: { h: { axes: [{ ...axes[0], value: "bin" }], sample: "x" } } };
  const { metadata, storage } = uhiOf(runQuery(query, dataset, { split: [1000, 1001, 2500] }).histogram("h"));
  assert.equal(metadata?.non_finite_samples, 1);
  const { counts, values, variances } = storage as Extract<UhiStorage, { type: "mean" }>;
  for (const bin of [0, 1]) {
    const { count, mean, deviation } = twoPasses(bin, () => 1);
    assert.equal((counts as Numbers)[bin + 1], count);
    near((values as Numbers)[bin + 1], mean, 1e-15);
    near((variances as Numbers)[bin + 1], deviation / (count - 1), 1e-9);
  }
  assert.deepEqual(
    [counts, values, variances].map((all) => [0, 3, 4].map((cell) => (all as Numbers)[cell])),
    Array(3).fill([0, 0, 0]),
  );
});

test("mean with weights is weighted_mean: Σw, Σw², the weighted mean and variance, without samples and weights that are not finite", () => {
  const dataset = makeDataset(events);
  const query = { histograms: { h: { axes: [{ ...axes[0], value: "bin" }], storage: "mean", sample: "x", weight: "w" } } };
  const { metadata, storage } = uhiOf(runQuery(query, dataset, { split: [20] }).histogram("h"));
  assert.deepEqual([metadata?.non_finite_samples, metadata?.non_finite_weights, metadata?.entries], [1, 1, 2998]);
  const written = storage as Extract<UhiStorage, { type: "weighted_mean" }>;
  for (const bin of [0, 1]) {
    const { weights, squares, mean } = twoPasses(bin, ({ w }) => w);
    near((written.sum_of_weights as Numbers)[bin + 1], weights, 1e-13);
    near((written.sum_of_weights_squared as Numbers)[bin + 1], squares, 1e-13);
    near((written.values as Numbers)[bin + 1], mean, 1e-15);
  }
  // Weights of 1, 2 and 3, where sums are exact.
  const small = fillHistogram(axes, [[0, 0, 0]], [1, 2, 3], [4, 5, 7]);
  const { values, variances } = uhiOf(small).storage as typeof written;
  near((values as Numbers)[1], 35 / 6, 1e-15);
  near((variances as Numbers)[1], (1 * 16 + 2 * 25 + 3 * 49 - 35 ** 2 / 6) / (6 - 14 / 6), 1e-14);
});

test("means merge exactly: any order of parts gives the same bits, and the rest of each sum too", () => {
  const parts = Array.from({ length: 30 }, () => {
    const samples = Array.from({ length: 20 }, () => (random.fraction() - 0.5) * 10 ** random.below(18));
    return fillHistogram(
      axes,
      [samples.map(() => random.below(3))],
      samples.map(() => random.fraction() - 0.2),
      samples,
    );
  });
  const merge = (order: readonly PartialHistogram[]) => {
    const merger = new Merger({ filters: [], histograms: [{ axes, storage: "weighted_mean" }] });
    for (const histogram of order) merger.add({ entries: 20, filters: [], histograms: [histogram] });
    merger.read();
    return merger.read().histograms[0];
  };
  const merged = merge(parts);
  assert.deepEqual(merge(parts.toReversed()), merged);
  assert.deepEqual(merge(parts.toSorted(() => random.fraction() - 0.5)), merged);
  assert.ok(merged.contents.sumRests.some((rest) => rest !== 0));
  // Whole numbers beyond 2^53 need the rest.
  const large = [2 ** 60, 1, 1, 1, -(2 ** 60)].map((sample) => fillHistogram(axes, [[0]], undefined, [sample]));
  const merger = new Merger({ filters: [], histograms: [{ axes, storage: "mean" }] });
  for (const histogram of large.slice(0, 4)) merger.add({ entries: 1, filters: [], histograms: [histogram] });
  const { sums, sumRests } = merger.read().histograms[0].contents;
  assert.deepEqual([sums[1], sumRests[1]], [2 ** 60, 3]);
  merger.add({ entries: 1, filters: [], histograms: [large[4]] });
  assert.equal(merger.read().histograms[0].contents.sums[1], 3);
});

test("booleans are samples, too: their mean is an efficiency", () => {
  const dataset = makeDataset([{ pass: [true, true, false, true] }]);
  const { storage } = uhiOf(runQuery({ histograms: { h: { axes: [], sample: "pass" } } }, dataset).histogram("h"));
  assert.equal(storage.type, "mean");
});

test("a sample and its storage come together", () => {
  const fault = (histogram: object) =>
    findIssues({ histograms: { h: { axes: [], ...histogram } } }, muonSchema).map(({ at, message }) => `${at} ${message}`)[0];
  assert.match(fault({ storage: "mean" }), /^\/histograms\/h\/storage storage mean needs a sample/);
  assert.match(fault({ storage: "count", sample: "MET.pt" }), /^\/histograms\/h\/storage storage count takes no sample: use mean/);
  assert.match(fault({ storage: "weighted", sample: "MET.pt" }), /^\/histograms\/h\/storage storage weighted takes no sample/);
  assert.match(fault({ sample: "Muon" }), /^\/histograms\/h\/sample this is a list of Muon records: a mean is filled with numbers/);
  assert.match(fault({ sample: "Muon.pt", weight: "Jet.pt" }), /^\/histograms\/h\/sample this list is not derived from the same list/);
});

test("sums of samples and of their squares hold 100 bits", () => {
  const whole = Array.from({ length: 2000 }, () => ({ x: random.below(2 ** 32) * 256 - 2 ** 39 + 1, w: random.below(1000) - 300 }));
  const sum = (of: (x: bigint, w: bigint) => bigint) => whole.reduce((total, { x, w }) => total + of(BigInt(x), BigInt(w)), 0n);
  const histograms = { mean: { axes: [], sample: "x" }, weighted: { axes: [], sample: "x", weight: "w" } };
  const result = runQuery({ histograms }, makeDataset(whole), { split: [100, 1100] });
  const read = (name: string) => {
    const { sums, sumRests, squares, squareRests } = result.histogram(name).contents;
    return [BigInt(sums[0]) + BigInt(sumRests[0]), BigInt(squares[0]) + BigInt(squareRests[0])];
  };
  assert.deepEqual(read("mean"), [sum((x) => x), sum((x) => x * x)]);
  assert.deepEqual(read("weighted"), [sum((x, w) => w * x), sum((x, w) => w * x * x)]);
});

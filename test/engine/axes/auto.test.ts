/** The range of an auto axis depends on the values alone: not on their order, their split into partitions, or the order of merging. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Merger } from "../../../engine/histogram/merge.ts";
import type { UhiHistogram } from "../../../engine/histogram/uhi.ts";
import { decodePartial, encodePartial, type PartialHistogram, type PartialResult, writeUhi } from "../../../engine/histograms.ts";
import { makeDataset } from "../../support/engine/in-memory-dataset.ts";
import { muonSchema } from "../../support/engine/muon-schema.ts";
import { prepareQuery, runPrepared } from "../../support/engine/run-query.ts";
import { findIssues } from "../../support/find-issues.ts";
import { type Seeded, seeded } from "../../support/seeded.ts";

type Regular = Extract<UhiHistogram["axes"][number], { readonly type: "regular" }>;
interface Found {
  readonly axis: Regular;
  readonly histogram: PartialHistogram;
  readonly values: readonly number[];
}

function run(
  values: readonly number[],
  bins: number,
  { extra = {}, cuts = [], order = (parts: PartialResult[]) => parts } = {} as {
    readonly extra?: object;
    readonly cuts?: readonly number[];
    readonly order?: (parts: PartialResult[]) => PartialResult[];
  },
): Found {
  const dataset = makeDataset(
    values.map((x, index) => ({ x, w: ((index * 7) % 5) - 1, s: index % 10 })),
    { x: "float64", w: "float64", s: "float64" },
  );
  const prepared = prepareQuery({ histograms: { h: { axes: [{ type: "auto", bins, value: "x" }], ...extra } } }, dataset.schema);
  const ends = [0, ...cuts, values.length];
  const parts = ends.slice(1).map((to, index) => runPrepared(prepared, dataset, { from: ends[index], to }));
  const merger = new Merger(prepared.planned.program);
  for (const part of order(parts)) merger.add(part);
  const [histogram] = merger.read().histograms;
  const uhi = writeUhi(histogram, prepared.planned.program.histograms[0].axes, { axes: ["x"] });
  return { axis: uhi.axes[0] as Regular, histogram, values: uhi.storage.values as readonly number[] };
}

/** Computes the axis by its definition: the smallest width 2^e with which this many cells contain all values. */
function plainly(values: readonly number[], bins: number): { readonly exponent: number; readonly counts: ReadonlyMap<number, number> } {
  const finite = values.filter(Number.isFinite);
  const [least, most] = [Math.min(...finite), Math.max(...finite)];
  const largest = Math.max(Math.abs(least), Math.abs(most));
  for (let exponent = Math.max(-1000, largest === 0 ? -1000 : Math.floor(Math.log2(largest)) - 40); ; exponent++) {
    const cell = (x: number) => (x < 0 ? Math.min(-1, Math.floor(x / 2 ** exponent)) : Math.floor(x / 2 ** exponent));
    if (cell(most) - cell(least) >= bins) continue;
    const counts = new Map<number, number>();
    for (const x of finite) counts.set(cell(x), (counts.get(cell(x)) ?? 0) + 1);
    return { exponent, counts };
  }
}

function randomValues(random: Seeded): number[] {
  const scale = 10 ** (random.below(30) - 15);
  const shift = random.chance(0.5) ? 0 : (random.fraction() - 0.5) * 10 ** random.below(9) * scale;
  const strange = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, shift];
  const one = () =>
    random.chance(0.05) ? random.pick(strange) : shift + (random.fraction() - 0.3) * scale * (random.chance(0.02) ? 1e6 : 1);
  return Array.from({ length: 1 + random.below(400) }, one);
}

test("the bins of an auto axis are the finest powers of two that hold all values, with the counts of plain JavaScript", () => {
  const random = seeded(31);
  for (let trial = 0; trial < 150; trial++) {
    const bins = 2 + random.below(random.chance(0.2) ? 4095 : 100);
    const values = randomValues(random);
    const { exponent, counts } = plainly(values, bins);
    if (counts.size < 2) continue;
    const { axis, values: found } = run(values, bins);
    const what = JSON.stringify({ trial, bins, axis });
    assert.ok(axis.bins <= bins && axis.bins >= bins / 2, what);
    assert.equal((axis.upper - axis.lower) / axis.bins, 2 ** exponent, what);
    const first = axis.lower / 2 ** exponent;
    for (let index = 0; index < axis.bins; index++) assert.equal(found[index + 1], counts.get(first + index) ?? 0, what);
    const isBelow = (x: number) => x === Number.NEGATIVE_INFINITY;
    const isBeyond = (x: number) => Number.isNaN(x) || x === Number.POSITIVE_INFINITY;
    assert.deepEqual([found[0], found.at(-1)], [values.filter(isBelow).length, values.filter(isBeyond).length], what);
  }
});

test("auto axes merge to the same bits in any order of partials, with every storage, and to the same counts however the events are split", () => {
  const random = seeded(32);
  const storages = [{}, { storage: "weighted" }, { weight: "w / 3" }, { sample: "s / 7" }, { sample: "s / 7", weight: "w / 3" }];
  for (let trial = 0; trial < 60; trial++) {
    const values = randomValues(random);
    const bins = 2 + random.below(60);
    const extra = storages[trial % storages.length];
    const cuts = Array.from({ length: random.below(6) }, () => random.below(values.length + 1)).sort((a, b) => a - b);
    const shuffle = (parts: PartialResult[]) =>
      parts
        .map((part) => ({ part, at: random.fraction() }))
        .sort((a, b) => a.at - b.at)
        .map(({ part }) => part);
    const first = run(values, bins, { extra, cuts });
    assert.deepEqual(run(values, bins, { extra, cuts, order: shuffle }), first, `trial ${trial}`);
    const whole = run(values, bins, { extra });
    assert.deepEqual(
      [whole.axis, whole.histogram.range, whole.histogram.fills],
      [first.axis, first.histogram.range, first.histogram.fills],
    );
    if (trial % storages.length === 0) assert.deepEqual(whole.values, first.values, `trial ${trial}`);
    const backwards = run(values.toReversed(), bins);
    assert.deepEqual(backwards.axis, whole.axis);
  }
});

test("merged results merge on, and nothing changes what nothing is added to", async () => {
  const dataset = makeDataset(Array.from({ length: 90 }, (_, index) => ({ x: index ** 3 / 7 })));
  const prepared = prepareQuery({ histograms: { h: { axes: [{ type: "auto", bins: 20, value: "x" }] } } }, dataset.schema);
  const merge = (parts: readonly PartialResult[]) => {
    const merger = new Merger(prepared.planned.program);
    for (const part of parts) merger.add(part);
    return merger.read();
  };
  const parts = [0, 30, 60].map((from) => runPrepared(prepared, dataset, { from, to: from + 30 }));
  const all = merge(parts);
  assert.deepEqual(merge([merge(parts.slice(0, 2)), parts[2]]), all);
  assert.deepEqual(merge([merge([]), all, merge([])]), all);
  for (const part of [...parts, all, merge([])]) assert.deepEqual(await decodePartial(await encodePartial(part)), part);
  assert.ok(parts.every(({ histograms: [{ range }] }) => range!.bins > 20 && range!.bins <= 4096));
});

test("an auto axis shows at least half its bins where there are no values, one value, or few that are near", () => {
  const shown = (values: readonly number[]) => {
    const { axis, values: found } = run(values, 50);
    assert.equal(axis.bins, 25);
    return { ...axis, found: found.slice(1, -1).findIndex((count) => count > 0) };
  };
  assert.deepEqual([shown([]).lower, shown([]).upper, shown([]).found], [-12, 13, -1]);
  for (const value of [91.2, -91.2, 0, 1, 1e-30, -3e200]) {
    const { lower, upper, found } = shown([value, value]);
    const width = (upper - lower) / 25;
    assert.ok(found >= 0 && lower + found * width <= value && value < lower + (found + 1) * width, String(value));
    assert.ok(width <= Math.max(1, Math.abs(value)));
  }
  shown([1, 1 + 2 ** -39]);
  shown([5e-324, 1e-320]);
  const { axis } = run([-Number.MAX_VALUE, Number.MAX_VALUE, 5e-324, -5e-324], 2);
  assert.ok(Number.isFinite(axis.lower) && Number.isFinite(axis.upper));
});

test("an axis of type auto stands alone", () => {
  const auto = { type: "auto", bins: 50, value: "MET.pt" };
  const fault = (axes: readonly object[]) =>
    findIssues({ histograms: { h: { axes } } }, muonSchema).map(({ at, message }) => `${at} ${message}`)[0];
  assert.match(fault([auto, { type: "boolean", value: "true" }]), /^\/histograms\/h\/axes an axis of type auto must be the only one/);
  assert.match(fault([{ ...auto, bins: 1 }]), /^\/histograms\/h\/axes\/0\/bins needs at least two bins/);
  assert.match(fault([{ ...auto, bins: 5000 }]), /^\/histograms\/h\/axes\/0\/bins there can be at most 4096 bins/);
});

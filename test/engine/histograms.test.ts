import assert from "node:assert/strict";
import { test } from "node:test";
import { type AxisShape, decodePartial, encodePartial, fillHistogram, findBin, Merger, writeUhi } from "../../engine/histograms.ts";

const regular: AxisShape = { type: "regular", bins: 4, lower: -1, upper: 1 };
const variable: AxisShape = { type: "variable", edges: [0, 1, 10] };

test("findBin puts edges into the bin above, the last edge and NaN into overflow", () => {
  assert.deepEqual(
    [-2, -1, -0.5, 0.999, 1, Number.NaN].map((value) => findBin(regular, value)),
    [0, 1, 2, 4, 5, 5],
  );
  assert.deepEqual(
    [-1, 0, 1, 9.9, 10, Number.NaN].map((value) => findBin(variable, value)),
    [0, 1, 2, 2, 3, 3],
  );
});

test("filling in parts and merging equals filling at once, bit for bit, in any order of parts", () => {
  const values = Array.from({ length: 300 }, (_, index) => Math.sin(index * 12.9898) * 1.2);
  const weights = values.map((value, index) => (index === 7 ? Number.NaN : Math.exp(20 * value)));
  const axes = [regular, variable];
  const parts = [0, 1, 2].map((part) => {
    const own = (all: readonly number[]) => all.slice(part * 100, (part + 1) * 100);
    return fillHistogram(axes, [own(values), own(weights)], own(weights));
  });
  const merge = (order: readonly number[]) => {
    const merger = new Merger({ filters: [], histograms: [{ axes, storage: "weighted" }] });
    for (const part of order) merger.add({ entries: 100, filters: [], histograms: [parts[part]] });
    return merger.read();
  };
  const [merged] = merge([0, 1, 2]).histograms;
  assert.deepEqual(merge([2, 0, 1]).histograms[0], merged);
  assert.equal(merged.fills, 299);
  assert.equal(merged.nonFinite, 1);
  const whole = fillHistogram(axes, [values, weights], weights);
  merged.contents.values.forEach((value, cell) => void assert.ok(Math.abs(value - whole.contents.values[cell]) <= 1e-12 * Math.abs(value)));
});

test("fillHistogram fills an axis of strings from strings", () => {
  const axis = { type: "category", categories: ["mu", "e"] } as const;
  assert.equal(findBin(axis, "e"), 1);
  assert.deepEqual([...fillHistogram([axis], [["e", "tau", "e", "mu"]]).contents.values!], [1, 2, 1]);
});

test("fillHistogram refuses what it cannot fill, whatever is lacking", () => {
  for (const [axes, values, weights] of [
    [[], []],
    [[regular], []],
    [[], [[1]]],
    [
      [regular, variable],
      [[1], [1, 2]],
    ],
    [[regular], [[1]], [1, 2]],
  ] as const)
    assert.throws(() => fillHistogram(axes, values, weights), RangeError);
  assert.equal(fillHistogram([regular], [[]]).fills, 0);
});

test("sums that leave the range of float64 stay infinite in partials, and are valid JSON that says so", async () => {
  const axes = [{ type: "regular", bins: 2, lower: 0, upper: 2 }] as const;
  const large = fillHistogram(axes, [[0.5]], [1e150]);
  const contents = { values: Float64Array.of(0, 1e308, -1e308, 0), variances: Float64Array.of(0, 1e308, 1e308, 0) };
  const merger = new Merger({ filters: [true], histograms: [{ axes, storage: "weighted" }] });
  const part = { entries: 1, filters: [{ events: 1, weight: 1e308 }], histograms: [{ ...large, contents }] };
  merger.add(part);
  merger.add(part);
  const merged = await decodePartial(await encodePartial(merger.read()));
  assert.equal(merged.filters[0].weight, Number.POSITIVE_INFINITY);
  const [histogram] = merged.histograms;
  assert.deepEqual(Array.from(histogram.contents.values), [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]);
  const uhi = writeUhi(histogram, axes, { axes: ["x"] });
  assert.deepEqual(JSON.parse(JSON.stringify(uhi)), uhi);
  assert.deepEqual(uhi.storage.values, [0, Number.MAX_VALUE, -Number.MAX_VALUE, 0]);
  assert.equal(uhi.metadata?.sums_out_of_range, 4);
});

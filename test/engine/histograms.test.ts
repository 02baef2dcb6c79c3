import assert from "node:assert/strict";
import { test } from "node:test";
import { type AxisShape, fillHistogram, findBin, Merger } from "../../engine/histograms.ts";

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

/** The bin of a value is floor(bins · (x − lower) / (upper − lower)), in float64 and in this order, on every path. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { scaleOfFloat32 } from "../../../engine/axes/float32-scale.ts";
import { fillHistogram, findBin } from "../../../engine/histograms.ts";
import { makeDataset } from "../../support/engine/in-memory-dataset.ts";
import { cellOf } from "../../support/engine/random/plain-histogram.ts";
import { fillOnce } from "../../support/engine/run-query.ts";
import { type Seeded, seeded } from "../../support/seeded.ts";

const bits = new DataView(new ArrayBuffer(4));

/** Returns the float32 that is this many steps away. */
function float32Beside(value: number, steps: number): number {
  bits.setFloat32(0, value);
  const place = bits.getInt32(0);
  bits.setInt32(0, place + (place < 0 ? -steps : steps));
  return bits.getFloat32(0);
}

/** Around every edge, and anywhere. */
function float32Near(axis: { readonly bins: number; readonly lower: number; readonly upper: number }, random: Seeded): number[] {
  const width = axis.upper - axis.lower;
  const edges = Array.from({ length: axis.bins + 1 }, (_, bin) => Math.fround(axis.lower + (bin * width) / axis.bins));
  const near = edges.flatMap((edge) => [-3, -2, -1, 0, 1, 2, 3].map((steps) => float32Beside(edge, steps)));
  const anywhere = Array.from({ length: 50 }, () => Math.fround(axis.lower + (random.fraction() * 1.2 - 0.1) * width));
  const strange = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1.4e-45, -1.4e-45, 3.4e38].map(Math.fround);
  return [...near, ...anywhere, ...strange];
}

function randomAxis(random: Seeded) {
  const bins = 1 + random.below(random.chance(0.5) ? 20 : 1000);
  if (random.chance(0.3)) {
    const lower = (random.fraction() - 0.5) * random.pick([1e-3, 1, 200, 1e6]);
    return { type: "regular", bins, lower, upper: lower + random.fraction() * random.pick([1e-4, 1, 6.3, 500]) + 1e-5 } as const;
  }
  const whole = random.chance(0.5);
  const number = (size: number) => Math.fround(whole ? random.below(size) : random.fraction() * size * 2 ** (random.below(40) - 20));
  const lower = random.chance(0.4) ? 0 : number(300);
  return { type: "regular", bins, lower, upper: Math.fround(lower + number(500) + 1) } as const;
}

test("a value equal to the upper edge overflows, whatever bins and edges", () => {
  for (let upper = 1; upper < 200; upper++)
    for (let bins = 1; bins < 200; bins++) assert.equal(findBin({ type: "regular", bins, lower: 0, upper }, upper), bins + 1);
});

test("findBin is the rule for integers and edges of random axes", () => {
  const random = seeded(11);
  for (let trial = 0; trial < 300; trial++) {
    const axis = randomAxis(random);
    for (const value of float32Near(axis, random)) assert.equal(findBin(axis, value), cellOf(axis, value), JSON.stringify([axis, value]));
  }
});

test("the scale for float32 gives the bins of the rule wherever it is given, and is given for the usual axes", () => {
  const random = seeded(12);
  let given = 0;
  for (let trial = 0; trial < 800; trial++) {
    const axis = randomAxis(random);
    const scale = scaleOfFloat32(axis);
    if (scale === undefined) continue;
    given++;
    for (const value of float32Near(axis, random)) {
      const scaled = Math.floor((value - axis.lower) * scale);
      const cell = Number.isNaN(scaled) ? axis.bins + 1 : Math.max(-1, Math.min(axis.bins, scaled)) + 1;
      assert.equal(cell, cellOf(axis, value), JSON.stringify([axis, value]));
    }
  }
  assert.ok(given > 600, `${given} of 800`);
  const usual = [
    [100, 0, 2000],
    [100, 15, 60],
    [120, 0, 120],
    [1000, 0, 1000],
    [64, 1, 2],
    [50, -2.5, 2.5],
    [64, -Math.PI, Math.PI],
    [100, 0, 0.1],
    [100, 0, 200.2],
    [37, 12.3, 99.9],
  ] as const;
  for (const [bins, lower, upper] of usual) assert.ok(scaleOfFloat32({ bins, lower, upper }), `${[bins, lower, upper]}`);
});

test("there is no scale for float32 where an axis has more bins than are filled so", () => {
  assert.equal(scaleOfFloat32({ bins: 1023, lower: 0, upper: 1 }), undefined);
});

test("columns of float32 fill the bins of the rule, with the scale and without", () => {
  const random = seeded(13);
  for (let trial = 0; trial < 60; trial++) {
    const axis = trial % 2 === 0 ? randomAxis(random) : { ...randomAxis(random), lower: Math.fround(-300 * random.fraction()) };
    const values = float32Near(axis, random);
    const dataset = makeDataset(
      values.map((x) => ({ x })),
      { x: "float32" },
    );
    const wanted = Array.from(fillHistogram([axis], [values]).contents.values);
    assert.deepEqual(fillOnce({ axes: [{ ...axis, value: "x" }] }, dataset), wanted, JSON.stringify(axis));
    assert.deepEqual(fillOnce({ axes: [{ ...axis, value: "x * 1" }] }, dataset), wanted, JSON.stringify(axis));
  }
});

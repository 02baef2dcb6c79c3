/** The nearest root that is found without computing most roots must be the one that computing all of them finds, also next to the limits. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeDataset } from "../../support/engine/in-memory-dataset.ts";
import { prepareQuery, runPrepared } from "../../support/engine/run-query.ts";
import { seeded } from "../../support/seeded.ts";

const constants = [91.2, 1.5, 0, -3, 1e-160, -1e-150, 1e-148, 1e150, 1e200, 5e-324];
const strange = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 5e-324, 1e308, -1e308, 1e-300];

const bits = new BigInt64Array(1);
const float = new Float64Array(bits.buffer);
function neighbour(x: number, steps: number): number {
  float[0] = x;
  bits[0] += BigInt(steps);
  return float[0];
}

const square = (root: number) => root * Math.abs(root);

/** Squares of roots that are as near to the constant as the first one is, or nearly so, on both sides. */
function squaresAround(constant: number, random: ReturnType<typeof seeded>): readonly number[] {
  const distance = (Math.abs(constant) || 1) * random.pick([1e-9, 0.25, 1, 1.000001, 3, 1e12]) * random.fraction();
  const near = Array.from({ length: random.below(9) }, () => {
    if (random.chance(0.1)) return random.pick(strange);
    const root = constant + random.pick([-1, 1]) * distance;
    return neighbour(square(root), random.below(9) - 4);
  });
  return [square(constant + distance), ...near];
}

/** With four-vectors whose squared masses are these: the first one is 0, so that a pair with it has the mass of the other one. */
const eventsFor = (constant: number, random: ReturnType<typeof seeded>) =>
  Array.from({ length: 400 }, (_, entry) => ({
    entry,
    Jet: [1, ...squaresAround(constant, random)].map((x, index) => {
      const [energy, px] = index === 0 ? [0, 0] : x > 0 ? [Math.sqrt(x), 0] : [0, Math.sqrt(-x)];
      return { x, px, py: 0, pz: 0, energy };
    }),
  }));

for (const [what, value] of [
  ["root", "sqrt(a.x * b.x)"],
  ["mass", "(a + b).mass"],
] as const) {
  test(`the ${what} that is nearest to a constant is the same two at a time and one at a time`, () => {
    for (const [index, constant] of constants.entries()) {
      const dataset = makeDataset(
        eventsFor(constant, seeded(70 + index)),
        Object.fromEntries(["x", "px", "py", "pz", "energy"].map((field) => [`Jet[].${field}`, "float64"])),
      );
      const pick = (list: string) => ({
        define: { best: `${list}.pairs().minBy((a, b) => abs(${value} - (${constant})))` },
        histograms: {},
        rows: { columns: { a: "best[0].x", b: "best[1].x", c: "best[1].energy", d: "best[1].px" }, limit: 1000 },
      });
      const [fast, slow] = ["Jet", "Jet.slice(0)"].map((list) =>
        runPrepared(prepareQuery(pick(list), dataset.schema), dataset, { scratch: 1 << 20 }),
      );
      assert.deepEqual(fast!.rows, slow!.rows, `${constant}`);
    }
  });
}

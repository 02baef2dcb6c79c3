import assert from "node:assert/strict";
import { test } from "node:test";
import { makeDataset } from "../../support/engine/in-memory-dataset.ts";
import { neighbour } from "../../support/engine/random/plain-histogram.ts";
import { fillOnce } from "../../support/engine/run-query.ts";
import { seeded } from "../../support/seeded.ts";

test("comparing a root with a constant without taking it gives what taking it gives, next to the limit too", () => {
  const random = seeded(3);
  for (const limit of [0, 0.4, 1, 60, 172.5, 1e-100, 1e100, ...Array.from({ length: 20 }, () => 10 * random.fraction())]) {
    const squares = [
      limit * limit,
      ...[-3, -2, -1, 1, 2, 3].map((steps) => step(limit * limit, steps)),
      -1,
      -0,
      1e300,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ];
    // x * x + 0 and the mass of (x, 0, 0, energy) have roots that are compared.
    const xs = squares.flatMap((square) => [Math.sqrt(square), step(Math.sqrt(square), 1), step(Math.sqrt(square), -1)]);
    const events = xs.map((x) => ({ x, v: { px: 0, py: 0, pz: 0, energy: x }, w: { px: x, py: 0, pz: 0, energy: 0 } }));
    const dataset = makeDataset(events);
    for (const operator of ["<", "<=", ">", ">="] as const) {
      const compare = {
        "<": (a: number) => a < limit,
        "<=": (a: number) => a <= limit,
        ">": (a: number) => a > limit,
        ">=": (a: number) => a >= limit,
      }[operator];
      const passing = (value: string) => fillOnce({ axes: [{ type: "boolean", value: `${value} ${operator} ${limit}` }] }, dataset)[1];
      assert.equal(passing("sqrt(x * x)"), xs.filter((x) => compare(Math.sqrt(x * x))).length, `sqrt ${operator} ${limit}`);
      const mass = (square: number) => Math.sign(square) * Math.sqrt(Math.abs(square));
      assert.equal(passing("v.mass"), xs.filter((x) => compare(mass(x * x))).length, `mass ${operator} ${limit}`);
      assert.equal(passing("w.mass"), xs.filter((x) => compare(mass(0 - x * x))).length, `spacelike mass ${operator} ${limit}`);
    }
  }
});

const step = (x: number, steps: number): number => (steps === 0 ? x : step(neighbour(x, steps < 0 ? -1 : 1), steps - Math.sign(steps)));

import assert from "node:assert/strict";
import { test } from "node:test";
import { fitSlope } from "../../../../loadtest/runner/measure/fit-slope.ts";
import { seeded } from "../../../support/seeded.ts";

test("fitSlope is that of the line that made the points, and 0 of unknown error where there is none", () => {
  const points = Array.from({ length: 9 }, (_, x) => [x, 3 - 0.25 * x] as const);
  const { slope, error } = fitSlope(points);
  assert.ok(Math.abs(slope + 0.25) < 1e-12 && error < 1e-12);
  assert.deepEqual(fitSlope([]), { slope: 0, error: Number.POSITIVE_INFINITY });
  assert.deepEqual(fitSlope([[1, 5]]), { slope: 0, error: Number.POSITIVE_INFINITY });
});

/** Samples of a flat quantity whose noise keeps a share of the one before. */
function flat(seed: number, likeness: number): readonly (readonly [number, number])[] {
  const { fraction } = seeded(seed);
  let noise = 0;
  return Array.from({ length: 150 }, (_, x) => {
    noise = likeness * noise + fraction() - 0.5;
    return [x, noise] as const;
  });
}

for (const likeness of [0, 0.8]) {
  test(`fitSlope finds no slope beyond three errors in flat noise whose neighbours are alike by ${likeness}`, () => {
    const beyond = Array.from({ length: 100 }, (_, seed) => fitSlope(flat(seed, likeness))).filter(
      ({ slope, error }) => Math.abs(slope) > 3 * error,
    );
    assert.ok(beyond.length <= 5, `${beyond.length} of 100`);
  });
}

test("fitSlope sees a slope through the noise", () => {
  const { slope, error } = fitSlope(flat(1, 0.5).map(([x, y]) => [x, y + 0.05 * x] as const));
  assert.ok(Math.abs(slope - 0.05) < 3 * error && slope > 4 * error, `${slope} ± ${error}`);
});

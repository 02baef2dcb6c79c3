import assert from "node:assert/strict";
import { test } from "node:test";
import { unitsOf } from "../../../../datasets/root/tree/clusters.ts";

const none = { rangeEnds: [], rangeSizes: [], autoFlush: -30_000_000 };
const ends = (entries: number, partitionEvents: number, seams: readonly number[]) => {
  const units = unitsOf({ ...none, entries }, partitionEvents, () => seams);
  for (const [index, { firstEntry, entries: own }] of units.entries()) {
    assert.ok(own > 0);
    assert.equal(firstEntry, index === 0 ? 0 : units[index - 1]!.firstEntry + units[index - 1]!.entries);
  }
  return units.map((unit) => unit.firstEntry + unit.entries);
};

test("unitsOf divides evenly where nothing is known, and ends units at the nearest seam, but not at one that is far", () => {
  assert.deepEqual(ends(1000, 300, []), [300, 600, 900, 1000]);
  assert.deepEqual(ends(1000, 250, [100, 200, 300, 400, 500, 600, 700, 800, 900]), [300, 500, 800, 1000]);
  assert.deepEqual(ends(1000, 100, [500]), [100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]);
  assert.deepEqual(ends(1000, 300, [160, 440, 450, 999]), [440, 600, 999, 1000]);
});

test("unitsOf makes as many units as without seams, wherever these are", () => {
  for (let seed = 1; seed < 300; seed++) {
    const seams = Array.from({ length: seed % 40 }, (_, index) => (Math.imul(seed * 41 + index, 2654435761) >>> 0) % 1000).sort(
      (a, b) => a - b,
    );
    const size = 1 + ((seed * 7) % 400);
    assert.equal(
      ends(
        1000,
        size,
        [...new Set(seams)].filter((entry) => entry > 0),
      ).length,
      Math.ceil(1000 / size),
    );
  }
});

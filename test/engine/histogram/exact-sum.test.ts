import assert from "node:assert/strict";
import { test } from "node:test";
import { ExactSums } from "../../../engine/histogram/exact-sum.ts";
import { exactSum } from "../../support/engine/exact-arithmetic.ts";
import { type Seeded, seeded } from "../../support/seeded.ts";

function sumOf(values: readonly number[]): number {
  const sums = new ExactSums(1);
  for (const value of values) sums.add(0, value);
  return sums.read(0);
}

function shuffled<Value>(values: readonly Value[], random: Seeded): Value[] {
  const mixed = [...values];
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [mixed[last], mixed[other]] = [mixed[other], mixed[last]];
  }
  return mixed;
}

/** Whole numbers of few bits times powers of two in a range: their sums often lie on or beside the middle between two float64. */
const makers: Readonly<Record<string, (random: Seeded) => number>> = {
  "of one size": ({ fraction }) => fraction() - 0.5,
  "of every size": ({ fraction, below }) => (fraction() - 0.5) * 2 ** (below(2000) - 1000),
  "that tie": ({ below, pick }) => (below(9) - 4) * 2 ** pick([0, 1, 51, 52, 53, 54, 105, 106]),
  "that cancel": ({ pick }) => pick([1e300, -1e300, 1, -1, 1e-300, 2 ** -1074, -(2 ** -1074)]),
  "that are subnormal": ({ below }) => (below(2001) - 1000) * 5e-324,
  "near the largest": ({ fraction }) => (fraction() - 0.5) * 2 ** 1020,
  "that leave the range and come back": ({ fraction, pick }) =>
    pick([1, -1]) * pick([Number.MAX_VALUE, 2 ** 1023, 2 ** 971, 2 ** 970, 2 ** 969, 1, 5e-324, 2 ** 1022 * (1 + fraction())]),
};

for (const [kind, make] of Object.entries(makers)) {
  test(`ExactSums rounds the exact sum of numbers ${kind} once, in whatever order they come`, () => {
    const random = seeded(21);
    for (let trial = 0; trial < 400; trial++) {
      const values = Array.from({ length: 1 + random.below(24) }, () => make(random));
      const exact = exactSum(values);
      assert.equal(sumOf(values), exact, values.join(" "));
      assert.equal(sumOf(shuffled(values, random)), exact, values.join(" "));
    }
  });
}

test("ExactSums breaks a tie by what lies far below it", () => {
  for (const tiny of [5e-324, -5e-324, 2 ** -500]) {
    for (const [big, half] of [
      [1, 2 ** -53],
      [1 + 2 ** -52, 2 ** -53],
      [-1, -(2 ** -53)],
    ])
      assert.equal(sumOf([big, half, tiny]), exactSum([big, half, tiny]));
  }
});

test("ExactSums forgets nothing of a million small numbers beside a large one", () => {
  const sums = new ExactSums(1);
  sums.add(0, 1e16);
  for (let index = 0; index < 1_000_000; index++) sums.add(0, 0.1);
  sums.add(0, -1e16);
  assert.equal(sums.read(0), Number(1_000_000n * BigInt(0.1 * 2 ** 59)) / 2 ** 59);
});

test("ExactSums is 0 for no numbers, and for those that cancel", () => {
  for (const values of [[], [0, -0], [1e308, 1, -1, -1e308]]) assert.ok(Object.is(sumOf(values), 0));
});

test("ExactSums is finite where only a part of the sum is beyond the range", () => {
  assert.equal(sumOf([1.7e308, 1.7e308, -1.7e308]), 1.7e308);
  assert.equal(sumOf([1.7e308, -1.7e308, 1.7e308, 1.7e308, -1.7e308]), 1.7e308);
  const random = seeded(23);
  for (let trial = 0; trial < 1_000; trial++) {
    const values = [-Number.MAX_VALUE, random.fraction() * Number.MAX_VALUE];
    assert.equal(sumOf(values), exactSum(values), values.join(" "));
    assert.equal(sumOf(values.toReversed()), exactSum(values), values.join(" "));
  }
});

test("ExactSums is infinite where a number is, and NaN where both infinities are, in any order", () => {
  const { POSITIVE_INFINITY: infinity, MAX_VALUE: most } = Number;
  const random = seeded(23);
  for (let trial = 0; trial < 20; trial++) {
    assert.equal(sumOf(shuffled([most, most, -most, infinity, -most, -most, -most], random)), infinity);
    assert.equal(sumOf(shuffled([most, most, -most, infinity, -infinity], random)), Number.NaN);
  }
});

test("ExactSums is infinite where the sum of positive numbers is beyond the range, in any order", () => {
  const values = [1e308, 1e308, 1, 5e-324, 1e307];
  const random = seeded(22);
  for (let trial = 0; trial < 20; trial++) assert.equal(sumOf(shuffled(values, random)), Number.POSITIVE_INFINITY);
});

test("ExactSums keeps its sums apart", () => {
  const sums = new ExactSums(3);
  sums.add(0, 1e-20);
  sums.add(0, 1);
  sums.add(2, -3);
  assert.deepEqual(Array.from(sums.readAll()), [1, 0, -3]);
});

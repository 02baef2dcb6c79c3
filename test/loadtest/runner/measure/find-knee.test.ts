import assert from "node:assert/strict";
import { test } from "node:test";
import { kneeOf, nextRate, type Trial } from "../../../../loadtest/runner/measure/find-knee.ts";

/** A server that keeps its limits up to `capacity`. */
function search(capacity: number, first: number): readonly Trial[] {
  const trials: Trial[] = [];
  for (let rate = nextRate(trials, first); rate !== undefined; rate = nextRate(trials, first)) {
    trials.push({ rate, kept: rate <= capacity });
  }
  return trials;
}

test("the search for the knee ends within 15 % below the capacity, from whichever rate it begins", () => {
  for (const capacity of [3, 47, 800, 2345, 9999]) {
    for (const first of [10, 100, 1000]) {
      const trials = search(capacity, first);
      const { kept, broken } = kneeOf(trials);
      assert.ok(kept! <= capacity && kept! * 1.16 >= capacity, `${kept} of ${capacity} from ${first}`);
      assert.ok(broken! > capacity);
      assert.ok(trials.length <= 16);
    }
  }
});

test("the search gives up where no rate is kept, and where all are", () => {
  assert.equal(kneeOf(search(0, 10)).kept, undefined);
  const { kept, broken } = kneeOf(search(Number.POSITIVE_INFINITY, 10));
  assert.equal(broken, undefined);
  assert.ok(kept! > 10 * 2 ** 14);
});

test("kneeOf does not count a rate as kept above one that was not", () => {
  const trials = [
    { rate: 100, kept: true },
    { rate: 200, kept: false },
    { rate: 300, kept: true },
  ];
  assert.deepEqual(kneeOf(trials), { kept: 100, broken: 200 });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, cutAnswer, findFault } from "../../../loadtest/queries/find-fault.ts";
import { kinds, kindsOfQuery, ratesOf } from "../../../loadtest/queries/kinds.ts";
import type { Expected } from "../../../loadtest/queries/question.ts";
import { draw } from "../../../loadtest/queries/question.ts";
import { rebin } from "../../../loadtest/queries/references.ts";

const expected: Expected = {
  entries: 1000,
  cutflow: [{ events: 600, weight: 599.5 }],
  histograms: { h: { values: [0, 350.25, 250], variances: [0, 351, 249] } },
};

const right: Answer = {
  state: "done",
  events: { total: 1000, done: 1000 },
  cutflow: [{ events: 600, weight: 599.5 }],
  histograms: { h: { storage: { values: [0, 350.25, 250], variances: [0, 351, 249] } } },
  failures: [],
};

const withValues = (values: readonly number[]): Answer => ({
  ...right,
  histograms: { h: { storage: { values, variances: [0, 351, 249] } } },
});

test("findFault finds none in the right answer, nor in another rounding of sums of weights", () => {
  assert.equal(findFault(right, expected), undefined);
  assert.equal(findFault(withValues([0, 350.25 + 1e-10, 250]), expected), undefined);
});

const wrong: readonly (readonly [string, Answer, RegExp])[] = [
  ["an event in the next bin", withValues([0, 349.25, 251]), /bin 1 is 349.25, not 350.25/],
  ["a bin too many", withValues([0, 350.25, 250, 0]), /4 bins, not 3/],
  ["a partition that failed", { ...right, failures: [{}] }, /1 partitions failed/],
  ["events that are not counted yet", { ...right, events: { total: 1000, done: 900 } }, /900 of 1000/],
  ["a filter that passes another event", { ...right, cutflow: [{ events: 601, weight: 599.5 }] }, /601 events/],
  ["another weight of what passed", { ...right, cutflow: [{ events: 600, weight: 600.5 }] }, /weight 600.5/],
  ["no cut flow", { ...right, cutflow: [] }, /0 filters/],
  ["another histogram", { ...right, histograms: { g: right.histograms.h! } }, /no histogram h/],
  ["two histograms", { ...right, histograms: { h: right.histograms.h!, g: right.histograms.h! } }, /2 histograms/],
  ["no variances", { ...right, histograms: { h: { storage: { values: [0, 350.25, 250] } } } }, /0 bins, not 3/],
  ["a query that goes on", { ...right, state: "running" }, /running/],
];

for (const [what, answer, says] of wrong) {
  test(`findFault names ${what}`, () => assert.match(findFault(answer, expected) ?? "", says));
}

test("cutAnswer gives what differs between two answers and leaves out what may", () => {
  const text = (done: number, seconds: number) =>
    JSON.stringify({ id: "a", events: { total: 5, done }, histograms: {}, failures: [], timing: { seconds } });
  assert.equal(cutAnswer(text(5, 1)), cutAnswer(text(5, 2)));
  assert.notEqual(cutAnswer(text(5, 1)), cutAnswer(text(4, 1)));
  assert.equal(cutAnswer("{}"), undefined);
});

test("rebin keeps the sum, and bins and flow bins are sums of the fine ones", () => {
  const fine = [1, 2, 3, 4, 5, 6, 7];
  assert.deepEqual(rebin(fine, 1, 2, 2), [1 + 2, 3 + 4, 5 + 6, 7]);
  assert.deepEqual(rebin(fine, 0, 5, 1), fine);
});

test("draw gives every integer below its bound about as often, and the same again", () => {
  const counts = new Array<number>(10).fill(0);
  for (let index = 0; index < 10_000; index++) counts[draw(10, 3, index, 1)]!++;
  assert.ok(
    counts.every((count) => count > 850 && count < 1150),
    counts.join(" "),
  );
  assert.equal(draw(1000, 3, 14, 1), draw(1000, 3, 14, 1));
});

test("the kinds share all of a mixed rate", () => {
  const rates = ratesOf("mixed", 200);
  assert.equal(rates.size, kinds.length);
  assert.ok(Math.abs([...rates.values()].reduce((sum, rate) => sum + rate, 0) - 200) < 1e-9);
  assert.deepEqual([...ratesOf("repeat", 7)], [["repeat", 7]]);
  assert.ok(kinds.every((kind) => Object.keys(kindsOfQuery[kind].limits).length > 0));
});

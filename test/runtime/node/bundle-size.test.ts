import assert from "node:assert/strict";
import { test } from "node:test";
import { BundleSize } from "../../../runtime/node/bundle-size.ts";

function afterTimes(...times: readonly number[]): BundleSize {
  const size = new BundleSize();
  for (const time of times) size.note("program", time);
  return size;
}

test("BundleSize.most is as many as take 50 ms together where each takes as long as the latest on average, 16 at most", () => {
  assert.equal(afterTimes(4, 4, 4, 4).most, 12);
  assert.equal(afterTimes(1, 9, 1, 9, 1, 9).most, 10);
  assert.equal(afterTimes(40, 40, 40, 40, ...Array(8).fill(5)).most, 10);
  for (const time of [0.01, 0]) assert.equal(afterTimes(time, time, time, time).most, 16);
});

test("BundleSize.least is as many as take 2 ms together, 16 at most and 1 where one takes longer", () => {
  assert.equal(afterTimes(0.5, 0.5, 0.5, 0.5).least, 4);
  assert.equal(afterTimes(0.01, 0.01, 0.01, 0.01).least, 16);
  assert.equal(afterTimes(1.5, 1.5, 1.5, 1.5).least, 1);
  assert.equal(afterTimes(40, 40, 40, 40).least, 1);
  assert.equal(afterTimes(0.1, 0.1, 0.1).least, 1);
});

test("BundleSize.most is 1 where subtasks take half of that, and where few are known", () => {
  assert.equal(afterTimes(26, 26, 26, 26).most, 1);
  assert.equal(afterTimes(1, 1, 1).most, 1);
  assert.equal(afterTimes().most, 1);
});

test("BundleSize has those programs claimed alone whose latest subtask took longer, or is not known, and does not judge others by them", () => {
  const size = afterTimes(5, 5, 5, 5);
  assert.equal(size.comesAlone("newcomer"), true);
  size.note("hog", 3_000);
  assert.equal(size.comesAlone("hog"), true);
  assert.equal(size.comesAlone("program"), false);
  assert.equal(size.most, 10);
  size.note("hog", 5);
  assert.equal(size.comesAlone("hog"), false);
});

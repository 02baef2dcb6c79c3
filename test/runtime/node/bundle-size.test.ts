import assert from "node:assert/strict";
import { test } from "node:test";
import { BundleSize } from "../../../runtime/node/bundle-size.ts";
import { makeSubtask } from "../../contracts/subtasks.ts";

const of = (programKey: string, shape?: string) => ({ ...makeSubtask(0, programKey), ...(shape && { shape }) });

function afterTimes(...times: readonly number[]): BundleSize {
  const size = new BundleSize();
  for (const time of times) size.note([{ subtask: of("program"), milliseconds: time }]);
  return size;
}

test("BundleSize.most is as many as take 50 ms together where each takes as long as the latest on average, 32 at most", () => {
  assert.equal(afterTimes(4, 4, 4, 4).most, 12);
  assert.equal(afterTimes(1, 9, 1, 9, 1, 9).most, 10);
  assert.equal(afterTimes(40, 40, 40, 40, ...Array(8).fill(5)).most, 10);
  for (const time of [0.01, 0]) assert.equal(afterTimes(time, time, time, time).most, 32);
});

test("BundleSize.least is as many as take 2 ms together, 32 at most and 1 where one takes longer", () => {
  assert.equal(afterTimes(0.5, 0.5, 0.5, 0.5).least, 4);
  assert.equal(afterTimes(0.01, 0.01, 0.01, 0.01).least, 32);
  assert.equal(afterTimes(1.5, 1.5, 1.5, 1.5).least, 1);
  assert.equal(afterTimes(40, 40, 40, 40).least, 1);
  assert.equal(afterTimes(0.1, 0.1, 0.1).least, 1);
});

test("BundleSize.most is 1 where subtasks take half of that, and where few are known", () => {
  assert.equal(afterTimes(26, 26, 26, 26).most, 1);
  assert.equal(afterTimes(1, 1, 1).most, 1);
  assert.equal(afterTimes().most, 1);
});

test("BundleSize has those programs claimed alone of whose latest two subtasks one took longer, or of which none is known, and does not judge others by them", () => {
  const size = afterTimes(5, 5, 5, 5);
  assert.equal(size.comesAlone(of("newcomer")), true);
  size.note([{ subtask: of("hog"), milliseconds: 3_000 }]);
  assert.equal(size.comesAlone(of("hog")), true);
  assert.equal(size.comesAlone(of("program")), false);
  assert.equal(size.most, 10);
  size.note([{ subtask: of("hog"), milliseconds: 5 }]);
  assert.equal(size.comesAlone(of("hog")), true);
  size.note([{ subtask: of("hog"), milliseconds: 5 }]);
  assert.equal(size.comesAlone(of("hog")), false);
});

test("BundleSize has a long program claimed alone though the last partition of its file was short, and others of its shape too", () => {
  const size = new BundleSize();
  for (const milliseconds of [60, 60, 20]) size.note([{ subtask: of("long", "shape"), milliseconds }]);
  for (const subtask of [of("long", "shape"), of("another", "shape")])
    assert.deepEqual([size.comesAlone(subtask), size.costOf(subtask)], [true, 60]);
});

test("BundleSize has a program that never ran claimed as the latest of its shape over the same dataset", () => {
  const size = new BundleSize();
  size.note([{ subtask: of("program", "shape"), milliseconds: 5 }]);
  const alike = of("alike", "shape");
  assert.deepEqual([size.comesAlone(alike), size.costOf(alike)], [false, 5]);
  for (const other of [of("other", "another shape"), of("without"), { ...alike, dataset: "another" }])
    assert.equal(size.comesAlone(other), true);
  size.noteTooLong(alike);
  assert.deepEqual(
    [size.comesAlone(alike), size.comesAlone(of("third", "shape")), size.comesAlone(of("program", "shape"))],
    [true, true, false],
  );
  for (const [milliseconds, isAlone] of [
    [5, false],
    [3_000, true],
  ] as const) {
    size.note([{ subtask: of("third", "shape"), milliseconds }]);
    assert.equal(size.comesAlone(of("fourth", "shape")), isAlone);
  }
});

test("BundleSize.least is as many as take 2 ms together, one at least and no more than go together", () => {
  assert.deepEqual(
    [0.25, 5, 0.01].map((time) => afterTimes(time, time, time, time).least),
    [8, 1, 32],
  );
  assert.equal(afterTimes(1).least, 1);
});

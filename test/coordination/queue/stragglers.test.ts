import assert from "node:assert/strict";
import { test } from "node:test";
import { findStraggler, Paces } from "../../../coordination/queue/stragglers.ts";

const paceOf = (...durations: readonly number[]): Paces => {
  const paces = new Paces();
  for (const duration of durations) paces.note("program", duration);
  return paces;
};
const running = (...times: readonly number[]) => times.map((runsFor) => ({ programKey: "program", runsFor }));

test("findStraggler names what runs far longer than the median, the longest first", () => {
  const paces = paceOf(900, 1000, 30_000);
  assert.equal(findStraggler(running(3900, 100), paces), undefined);
  assert.deepEqual(findStraggler(running(4100, 9000, 100), paces), { programKey: "program", runsFor: 9000 });
});

test("findStraggler names nothing that is short, whatever is usual, nor of programs of which too little is known", () => {
  assert.equal(findStraggler(running(1900), paceOf(1, 1, 1)), undefined);
  assert.notEqual(findStraggler(running(2100), paceOf(1, 1, 1)), undefined);
  assert.equal(findStraggler(running(1e6), paceOf(1, 1)), undefined);
  assert.equal(findStraggler([{ programKey: "other", runsFor: 1e6 }], paceOf(1, 1, 1)), undefined);
});

test("Paces.medianOf knows the last durations only, of a bounded number of programs", () => {
  const paces = paceOf(...new Array<number>(100).fill(1), ...new Array<number>(33).fill(500));
  assert.equal(paces.medianOf("program"), 500);
  for (let program = 0; program < 64; program++) for (let times = 0; times < 3; times++) paces.note(`program ${program}`, 1);
  assert.equal(paces.medianOf("program"), undefined);
  assert.equal(paces.medianOf("program 0"), 1);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { needsSpare } from "../../../runtime/threads/needs-spare.ts";

const run = (busy: number) => ({ kind: "run", busy }) as const;
const load = (busy: number) => ({ kind: "load", busy }) as const;
const waiting = { computing: 2, runsWait: true };
const nobody = { computing: 2, runsWait: false };

test("needsSpare wants a thread where all compute for long, or so many that the runs that wait have fewer than may compute", () => {
  assert.equal(needsSpare([run(150), run(150)], nobody), true);
  assert.equal(needsSpare([run(150), run(10)], nobody), false);
  assert.equal(needsSpare([run(150), run(10)], waiting), true);
  assert.equal(needsSpare([run(150), undefined, run(10)], waiting), false);
});

test("needsSpare wants none for columns that will be there soon, as in a scan of what is not in memory, and one where they are not", () => {
  assert.equal(needsSpare([load(150), load(300)], waiting), false);
  assert.equal(needsSpare([load(600), load(300)], nobody), false);
  assert.equal(needsSpare([load(600), load(600)], nobody), true);
  assert.equal(needsSpare([load(600), run(150)], waiting), true);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { LoadInterrupted, type Settled } from "../../../datasets/cache/cached-column.ts";
import type { MissingColumn } from "../../../datasets/cache/lease.ts";
import { Slab } from "../../../datasets/cache/slab.ts";
import { LoadsBefore } from "../../../runtime/threads/loads-before.ts";
import { ToldLoads } from "../../../runtime/threads/told-loads.ts";
import type { LoadedBefore, LoadOutcome, ProgramRun } from "../../../runtime/threads/worker-messages.ts";
import { location } from "../../datasets/cache/cache-for-test.ts";

const slab = new Slab(0, 65_536);
const loaded = (values: number): LoadOutcome => ({ kind: "column", values, cost: { bytes: 1, reading: 0, decoding: 0 } });
const run: ProgramRun = { programKey: "p", slab: 0, entries: 1, addresses: [], work: { address: 16, bytes: 64 } };

function lacking(...names: readonly string[]) {
  const settled: [string, Settled][] = [];
  const missing = names.map(
    (name): MissingColumn => ({
      fingerprint: "f",
      location: location(name),
      place: { slab, values: { address: 16, bytes: 8 }, offsets: [] },
      settle: (became) => settled.push([name, became]),
    }),
  );
  return { lacks: { missing, offsets: new Map() }, settled };
}

const kindOf = ([name, became]: readonly [string, Settled]) =>
  `${name} ${"error" in became ? (became.error instanceof LoadInterrupted ? "interrupted" : String(became.error)) : became.values}`;

test("LoadsBefore tells a job what to load before which of its programs, and settles what the thread told at any time", () => {
  const [a, b] = [lacking("a", "b"), lacking("c")];
  const loads = new LoadsBefore([a.lacks, undefined, b.lacks], {});
  const job = loads.addTo({ kind: "run", programs: [run, run, run] });
  assert.deepEqual(
    job.programs.map(({ load }) => load?.columns.map(({ location: { column } }) => column.name)),
    [["a", "b"], undefined, ["c"]],
  );
  loads.settle([
    { run: 0, outcomes: [loaded(3), { kind: "failed", failure: { kind: "dataset", message: "b is damaged", permanent: true } }] },
  ]);
  assert.deepEqual(a.settled.map(kindOf), ["a 3", "b DatasetError: b is damaged"]);
  assert.deepEqual(b.settled, []);
  loads.settle([{ run: 2, outcomes: [{ kind: "failed", failure: { kind: "interrupted" } }] }]);
  loads.end();
  assert.deepEqual(
    [a, b].map(({ settled }) => settled.length),
    [2, 1],
  );
  assert.deepEqual(b.settled.map(kindOf), ["c interrupted"]);
});

test("LoadsBefore settles what was not told as interrupted when the job ends, as when its thread crashed", () => {
  const [a, b] = [lacking("a"), lacking("b")];
  const loads = new LoadsBefore([a.lacks, b.lacks], {});
  loads.settle([{ run: 0, outcomes: [loaded(1)] }]);
  loads.end();
  loads.end();
  assert.deepEqual([...a.settled, ...b.settled].map(kindOf), ["a 1", "b interrupted"]);
});

test("ToldLoads leaves loads to the answer, unless the job lasts or waits for its turn", () => {
  let now = 0;
  const told: (readonly LoadedBefore[])[] = [];
  const loads = new ToldLoads(
    (some) => told.push(some),
    () => now,
  );
  const [first, second, third] = [0, 1, 2].map((index): LoadedBefore => ({ run: index, outcomes: [] }));
  loads.tellDue(true);
  loads.add(first!);
  now = 20;
  loads.tellDue(false);
  assert.deepEqual(told, []);
  loads.add(second!);
  now = 21;
  loads.tellDue(false);
  assert.deepEqual(told, [[first, second]]);
  loads.add(third!);
  loads.tellDue(true);
  assert.deepEqual(told, [[first, second], [third]]);
  assert.deepEqual(loads.rest(), []);
});

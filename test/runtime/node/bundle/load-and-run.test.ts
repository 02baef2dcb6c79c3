import assert from "node:assert/strict";
import { test } from "node:test";
import { axis, never } from "../executor-for-test.ts";
import { all, expectedOf, flat, jagged, nullable, open12, partialsOf, partitions, strings } from "./twelve-partitions.ts";

test("the partials of partitions that a thread loads and runs in one job have the same bits as those of columns loaded before", async (t) => {
  const [usual, bundled] = [await open12(t), await open12(t)];
  for (const query of [flat, jagged, nullable, strings]) {
    bundled.jobs.length = 0;
    const expected = await usual.alone(query);
    assert.deepEqual(partialsOf(await bundled.ask(query)), expected);
    assert.ok(bundled.jobs.length < partitions, `${bundled.jobs.length} jobs`);
    assert.equal(Math.min(...bundled.jobs.flat()) > 0, true);
    bundled.jobs.length = 0;
    assert.deepEqual(partialsOf(await bundled.ask(query)), expected, "from memory");
    assert.equal(Math.max(...bundled.jobs.flat()), 0);
  }
});

test("columns of a partition some of which are in memory are read beside them, with the offsets that these have", async (t) => {
  const setup = await open12(t);
  const expected = await expectedOf(t);
  await setup.ask({ histograms: { pt: { axes: [axis("Muon.pt")] } } });
  setup.jobs.length = 0;
  assert.deepEqual(partialsOf(await setup.ask(all)), expected);
  assert.deepEqual(new Set(setup.jobs.flat()), new Set([3]));
});

test("what loading cost is told with each partial", async (t) => {
  const setup = await open12(t);
  for (const outcome of await setup.ask(all)) {
    assert(outcome.kind === "partial", "no partial");
    const { bytes, loading, reading, decoding } = outcome.timing!;
    assert.deepEqual([bytes > 0, reading > 0, decoding > 0, loading >= reading], [true, true, true, true]);
  }
});

test("a column that is damaged in one partition fails that partition only, with the reason", async (t) => {
  const setup = await open12(t, { damaged: 5 });
  const expected = await expectedOf(t);
  const outcomes = await setup.ask(all);
  const [failed] = outcomes.splice(5, 1);
  assert.deepEqual(partialsOf(outcomes), expected.toSpliced(5, 1));
  assert(failed?.kind === "failed", "the damage was not noticed");
  assert.equal(failed.permanent, true);
  assert.match(failed.cause, /column Muon_eta of events.parquet/);
});

test("lists of different lengths are refused, and are no partial", async (t) => {
  const setup = await open12(t, { uneven: 3 });
  const outcomes = await setup.ask(all);
  assert.deepEqual(
    outcomes.map(({ kind }) => kind),
    outcomes.map((_, index) => (index === 3 ? "failed" : "partial")),
  );
  assert.match((outcomes[3] as { readonly cause: string }).cause, /their lengths differ in entry/);
});

test("partitions that are not wanted any more are left, and the others get their partials", async (t) => {
  const setup = await open12(t);
  const expected = await expectedOf(t);
  const stopping = new AbortController();
  const outcomes = await setup.ask(all, {
    signalOf: (partition) => (partition % 2 === 0 ? stopping.signal : never),
    onRunning: () => stopping.abort(new Error("nobody wants it")),
  });
  for (const [index, outcome] of outcomes.entries()) {
    if (index % 2 === 0) assert.deepEqual(outcome, { kind: "undone", cause: "nobody wants it" });
    else assert.deepEqual(partialsOf([outcome]), [expected[index]]);
  }
  assert.deepEqual(partialsOf(await setup.ask(all)), expected);
});

test("another query that waits for columns of a job whose query is given up gets its partials all the same", async (t) => {
  const setup = await open12(t);
  const expected = await expectedOf(t);
  const stopping = new AbortController();
  const first = setup.ask(all, { signalOf: () => stopping.signal, onRunning: () => queueMicrotask(() => stopping.abort(new Error("no"))) });
  const second = setup.ask(all, { payer: { client: "other", priority: 500 } });
  for (const { kind } of await first) assert.match(kind, /undone|partial/);
  assert.deepEqual(partialsOf(await second), expected);
});

test("two queries over the same partitions, of two clients, both get all partials, and memory is left when they have ended", async (t) => {
  const setup = await open12(t);
  const expected = await expectedOf(t);
  const [one, two] = await Promise.all(["alice", "bob"].map((client) => setup.ask(all, { payer: { client, priority: 500 } })));
  assert.deepEqual([partialsOf(one!), partialsOf(two!)], [expected, expected]);
});

test("where memory has room for few partitions, all of them are computed", async (t) => {
  const expected = await expectedOf(t);
  const setup = await open12(t, { memory: 2 ** 22 });
  for (let time = 0; time < 3; time++) assert.deepEqual(partialsOf(await setup.ask(all)), expected);
  assert.equal(Math.max(...setup.jobs.flat()) > 0, true);
});

import assert from "node:assert/strict";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Coordinator } from "../../../coordination/coordinator.ts";
import { type CoordinatorOptions, createCoordinator } from "../../../coordination/embedded/coordinator.ts";
import { createMemoryJournal, type Journal } from "../../../coordination/embedded/journal.ts";
import { createLmdbJournal } from "../../../coordination/embedded/lmdb-journal.ts";
import { openEnvironment } from "../../../storage/embedded/environment.ts";
import { claimOne, countsOf } from "../../contracts/claim-one.ts";
import { describeCoordinator } from "../../contracts/coordinator-contract.ts";
import { listen, makeSubtask, makeSubtasks } from "../../contracts/subtasks.ts";
import { makeTemporaryDirectory } from "../../storage/temporary-directory.ts";
import { until } from "../../support/until.ts";

async function openForTest(t: TestContext, options: CoordinatorOptions): Promise<Coordinator> {
  const coordinator = await createCoordinator(options);
  t.after(() => coordinator.close());
  return coordinator;
}

describeCoordinator("embedded coordinator, journal in memory", async (t) => {
  let records = new Map<number, string>();
  return {
    coordinator: await openForTest(t, { journal: createMemoryJournal(records) }),
    async crash() {
      records = new Map(records);
      return openForTest(t, { journal: createMemoryJournal(records) });
    },
  };
});

describeCoordinator("embedded coordinator, journal in LMDB", async (t) => {
  let directory = join(await makeTemporaryDirectory(t), "coordination");
  const open = async () => openForTest(t, { journal: createLmdbJournal(await openEnvironment({ directory })) });
  return {
    coordinator: await open(),
    /** A killed process leaves what the files contain between two writes. The owner file names this process, which lives. */
    async crash() {
      const copy = `${directory}+`;
      await cp(directory, copy, { recursive: true });
      await rm(join(copy, "owner"));
      directory = copy;
      return open();
    },
  };
});

/** A journal whose next writes are refused while `isFull`. */
function createFillingJournal(records: Map<number, string>): Journal & { isFull: boolean } {
  const journal = createMemoryJournal(records);
  return {
    ...journal,
    isFull: false,
    async write(changes) {
      if (this.isFull) throw new Error("no space left");
      await journal.write(changes);
    },
  };
}

const request = { queryId: "query", client: "alice", priority: 500 };

test("enqueue rejects where the journal refuses; asked again with space it resolves, and survives a crash", async (t) => {
  const records = new Map<number, string>();
  const journal = createFillingJournal(records);
  const coordinator = await openForTest(t, { journal });
  journal.isFull = true;
  await assert.rejects(coordinator.enqueue({ ...request, subtasks: makeSubtasks(3) }), /no space left/);
  journal.isFull = false;
  assert.deepEqual(await coordinator.enqueue({ ...request, subtasks: makeSubtasks(3) }), { queued: 0, joined: 3 });
  const again = await openForTest(t, { journal: createMemoryJournal(new Map(records)) });
  assert.equal((await countsOf(again)).unowned, 3);
});

test("complete says true though the journal refuses, logs it, and the record goes with the next write", async (t) => {
  const records = new Map<number, string>();
  const journal = createFillingJournal(records);
  const errors: string[] = [];
  const coordinator = await openForTest(t, { journal, log: { error: (_fields, message) => void errors.push(message) } });
  await coordinator.enqueue({ ...request, subtasks: makeSubtasks(2) });
  const node = await coordinator.join({ id: "node", host: "localhost", threads: 1, cacheLimit: 0 });
  const claim = await claimOne(node, { signal: t.signal });
  await claim.begin();
  journal.isFull = true;
  assert.equal(await claim.complete(), true);
  assert.equal(errors.length, 1);
  journal.isFull = false;
  await coordinator.retry({ ...request, subtasks: [] });
  const again = await openForTest(t, { journal: createMemoryJournal(new Map(records)) });
  assert.deepEqual(await countsOf(again), { unowned: 1, owned: 0, failed: 0 });
});

test("the journal is empty when all is done or withdrawn", async (t) => {
  const records = new Map<number, string>();
  const coordinator = await openForTest(t, { journal: createMemoryJournal(records) });
  await coordinator.enqueue({ ...request, subtasks: makeSubtasks(5) });
  await coordinator.enqueue({ ...request, queryId: "other", client: "bob", priority: 3, subtasks: makeSubtasks(8) });
  assert.equal(records.size, 8 + 2 + 1, "subtasks, interests, and what the subtasks have in common");
  const node = await coordinator.join({ id: "node", host: "localhost", threads: 1, cacheLimit: 0 });
  for (let index = 0; index < 4; index++) await (await claimOne(node, { signal: t.signal })).complete();
  const held = await claimOne(node, { signal: t.signal });
  await coordinator.withdraw("query", "alice");
  await coordinator.withdraw("other", "bob");
  assert.equal(await held.release(), true);
  assert.deepEqual([...records], []);
});

test("claims that end with their partials soon after they began are written down once, as ended", async (t) => {
  const journal = createMemoryJournal();
  const written: (string | undefined)[] = [];
  const write: Journal["write"] = (changes) => {
    written.push(...changes.values());
    return journal.write(changes);
  };
  const coordinator = await openForTest(t, { journal: { ...journal, write, writeAlong: (make) => journal.write(make()) } });
  await coordinator.enqueue({ queryId: "q", client: "a", priority: 500, subtasks: makeSubtasks(3) });
  const node = await coordinator.join({ id: "n", host: "h", threads: 1, cacheLimit: 0 });
  const claims = await node.claim({ signal: new AbortController().signal, most: 3 });
  written.length = 0;
  const begun = node.begin(claims);
  assert.deepEqual(await node.completeAlong!(claims, () => claims.map(() => true)), [true, true, true]);
  await begun;
  // The program and the interest, which nothing needs any more.
  assert.deepEqual(written, [undefined, undefined]);
});

test("createCoordinator clears away what a write left half done", async (t) => {
  const { key } = makeSubtask(0);
  const records = new Map([
    [2, JSON.stringify({ interest: { query: 1, queryId: "without subtasks", client: "alice", priority: 5, renewed: 0 } })],
    [3, JSON.stringify({ subtask: makeSubtask(0), of: 7, queries: [99] })],
    [5, JSON.stringify({ interest: { query: 4, queryId: "whole", client: "alice", priority: 5, renewed: 0 } })],
    [6, JSON.stringify({ subtask: makeSubtask(1), of: 7, state: "begun", queries: [4, 99] })],
    [7, JSON.stringify({ program: { programKey: "program", dataset: "zmumu" } })],
    [8, JSON.stringify({ program: { programKey: "nobody's", dataset: "zmumu" } })],
  ]);
  const coordinator = await openForTest(t, { journal: createMemoryJournal(records) });
  assert.deepEqual([...(await coordinator.states([key, makeSubtask(1).key])).keys()], [makeSubtask(1).key]);
  assert.deepEqual([...records.keys()], [5, 6, 7]);
  assert.equal(await coordinator.renew("without subtasks", "alice"), false);
});

test("interest ends after its term unless it is renewed, and time for which no coordinator ran does not count", async (t) => {
  const records = new Map<number, string>();
  let now = 1_000_000;
  const options = { journal: createMemoryJournal(records), now: () => now, interestTerm: 240 };
  const coordinator = await openForTest(t, options);
  await coordinator.enqueue({ ...request, queryId: "kept", client: "alice", subtasks: makeSubtasks(1, "kept") });
  await coordinator.enqueue({ ...request, queryId: "old", client: "bob", subtasks: makeSubtasks(1, "old") });
  now += 200;
  assert.equal(await coordinator.renew("kept", "alice"), true);
  now += 200;
  await until(async () => (await coordinator.interest(["old"])).get("old") === 0);
  assert.deepEqual(await countsOf(coordinator), { unowned: 1, owned: 0, failed: 0 });
  await coordinator.close();
  now += 1_000_000;
  const again = await openForTest(t, { ...options, journal: createMemoryJournal(new Map(records)) });
  now += 240;
  assert.equal(await again.renew("kept", "alice"), true);
  now += 241;
  await until(async () => (await countsOf(again)).unowned === 0);
});

test("createCoordinator names a damaged record", async () => {
  await assert.rejects(
    createCoordinator({ journal: createMemoryJournal(new Map([[7, '{"subtask":']])) }),
    /record 7 .* is damaged; delete/,
  );
});

test("enqueue refuses whole what would exceed the most subtasks, but lets joins in", async (t) => {
  const coordinator = await openForTest(t, { journal: createMemoryJournal(), mostSubtasks: 10 });
  await coordinator.enqueue({ ...request, subtasks: makeSubtasks(8) });
  const tooMany = { ...request, queryId: "other", subtasks: makeSubtasks(11) };
  await assert.rejects(coordinator.enqueue(tooMany), { name: "CoordinatorFullError", message: /8 partitions .* the most is 10/ });
  assert.equal((await countsOf(coordinator)).unowned, 8);
  assert.equal(await coordinator.renew("other", "alice"), false);
  assert.deepEqual(await coordinator.enqueue({ ...tooMany, subtasks: makeSubtasks(10) }), { queued: 2, joined: 8 });
});

test("requests that come at the same time do not exceed the most subtasks together, and one that ends makes room", async (t) => {
  const coordinator = await openForTest(t, { journal: createMemoryJournal(), mostSubtasks: 5_000 });
  const one = coordinator.enqueue({ ...request, subtasks: makeSubtasks(3_500, "one") });
  const two = coordinator.enqueue({ ...request, queryId: "two", subtasks: makeSubtasks(2_500, "two") });
  await assert.rejects(two, { name: "CoordinatorFullError" });
  assert.deepEqual(await one, { queued: 3_500, joined: 0 });
  const again = coordinator.enqueue({ ...request, queryId: "again", subtasks: makeSubtasks(3_500, "one") });
  const three = coordinator.enqueue({ ...request, queryId: "three", subtasks: makeSubtasks(1_500, "three") });
  assert.deepEqual(await Promise.all([again, three]), [
    { queued: 0, joined: 3_500 },
    { queued: 1_500, joined: 0 },
  ]);
  await coordinator.withdraw("three", "alice");
  assert.equal((await coordinator.enqueue({ ...request, queryId: "four", subtasks: makeSubtasks(1_500, "four") })).queued, 1_500);
});

test("failed subtasks beyond the most are forgotten, oldest first", async (t) => {
  const records = new Map<number, string>();
  const coordinator = await openForTest(t, { journal: createMemoryJournal(records), mostFailed: 3 });
  const subtasks = makeSubtasks(5);
  await coordinator.enqueue({ ...request, subtasks });
  const node = await coordinator.join({ id: "node", host: "localhost", threads: 1, cacheLimit: 0 });
  for (let index = 0; index < 5; index++) await (await claimOne(node, { signal: t.signal })).fail("broken", { permanent: true });
  const states = await coordinator.states(subtasks.map(({ key }) => key));
  assert.deepEqual(
    [...states.keys()],
    subtasks.slice(2).map(({ key }) => key),
  );
  assert.equal(records.size, 3 + 1);
});

test("enqueue of 20,000 lets others run in between, and a withdrawal meanwhile ends it", async (t) => {
  const coordinator = await openForTest(t, { journal: createMemoryJournal() });
  const queueing = coordinator.enqueue({ ...request, subtasks: makeSubtasks(20_000) });
  assert.deepEqual(await coordinator.withdraw("query", "alice"), { interested: 0 });
  assert.ok((await queueing).queued < 20_000);
  assert.deepEqual(await countsOf(coordinator), { unowned: 0, owned: 0, failed: 0 });
});

test("a claimer whose prefers throws is refused; others and the queue go on", async (t) => {
  const coordinator = await openForTest(t, { journal: createMemoryJournal() });
  const node = await coordinator.join({ id: "node", host: "localhost", threads: 1, cacheLimit: 0 });
  const throwing = claimOne(node, {
    signal: t.signal,
    prefers: () => {
      throw new Error("no cache");
    },
  });
  const refused = assert.rejects(throwing, /no cache/);
  const good = claimOne(node, { signal: t.signal });
  await coordinator.enqueue({ ...request, subtasks: makeSubtasks(1) });
  await refused;
  assert.equal(await (await good).complete(), true);
});

test("a listener that throws is logged and disturbs nobody", async (t) => {
  const errors: unknown[] = [];
  const coordinator = await openForTest(t, { journal: createMemoryJournal(), log: { error: ({ error }) => void errors.push(error) } });
  const { key } = makeSubtask(0);
  const fault = new Error("listener");
  const throwing = () => {
    throw fault;
  };
  coordinator.watch(new Set([key]), throwing, t.signal);
  const heard = listen(coordinator, [key]);
  assert.deepEqual(await coordinator.enqueue({ ...request, subtasks: makeSubtasks(1) }), { queued: 1, joined: 0 });
  await heard.count(1);
  assert.deepEqual(errors, [fault]);
});

test("a closed coordinator refuses, and so do claims that wait", async () => {
  const coordinator = await createCoordinator({ journal: createMemoryJournal() });
  const node = await coordinator.join({ id: "node", host: "localhost", threads: 1, cacheLimit: 0 });
  const waiting = assert.rejects(claimOne(node, { signal: new AbortController().signal }), /coordinator is closed/);
  await coordinator.close();
  await waiting;
  await coordinator.close();
  await assert.rejects(coordinator.enqueue({ ...request, subtasks: [] }), /coordinator is closed/);
});

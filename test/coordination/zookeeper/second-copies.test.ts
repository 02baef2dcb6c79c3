/** Second copies of what takes too long: whichever is done first counts, once. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { JoinedNode } from "../../../coordination/coordinator.ts";
import { createZooKeeperCoordinator, type ZooKeeperCoordinator } from "../../../coordination/zookeeper/coordinator.ts";
import { countsOf, type OneClaim } from "../../contracts/claim-one.ts";
import { ask, claimNext, joinAs } from "../../contracts/coordinator/harness.ts";
import { keysOf, listen, makeSubtasks } from "../../contracts/subtasks.ts";
import { findServer, openConnection, sessionTimeout, silent } from "./zookeeper-for-tests.ts";

const suite = "second copies on ZooKeeper";
const server = await findServer(suite);
const count = 8;

interface Cluster {
  readonly root: string;
  readonly dispatcher: ZooKeeperCoordinator;
  readonly slow: JoinedNode;
  readonly other: JoinedNode;
  readonly logged: readonly string[];
}

async function open(t: TestContext): Promise<Cluster> {
  const root = `/copies-${randomUUID()}`;
  const logged: string[] = [];
  const log = { ...silent, info: (_: object, message: string) => void logged.push(message) };
  const options = { hosts: server!.hosts, root, sessionTimeout, localityDelay: 20, log };
  const openOne = async () => {
    const coordinator = await createZooKeeperCoordinator(options);
    t.after(() => coordinator.close());
    return coordinator;
  };
  const [dispatcher, one, two] = await Promise.all([openOne(), openOne(), openOne()]);
  const [slow, other] = await Promise.all([joinAs(one, "slow"), joinAs(two, "other")]);
  return { root, dispatcher, slow, other, logged };
}

/** The slow node has one and stays at it, the other does the rest and then gets the same. */
async function reachCopy({ dispatcher, slow, other }: Cluster): Promise<{ readonly first: OneClaim; readonly second: OneClaim }> {
  await dispatcher.enqueue(ask(makeSubtasks(count)));
  const first = await claimNext(slow);
  first.begin();
  for (let index = 1; index < count; index++) {
    const claim = await claimNext(other);
    await delay(10);
    assert.equal(await claim.complete(), true);
  }
  const second = await claimNext(other);
  assert.deepEqual(second.subtask, first.subtask);
  assert.equal(first.signal.aborted, false);
  return { first, second };
}

const aborted = (signal: AbortSignal): Promise<unknown> =>
  signal.aborted ? Promise.resolve() : new Promise((resolve) => signal.addEventListener("abort", resolve));

async function assertEmpty(t: TestContext, { root, dispatcher }: Cluster): Promise<void> {
  assert.deepEqual(await countsOf(dispatcher), { unowned: 0, owned: 0, failed: 0 });
  const { session } = await openConnection(t, server!.hosts);
  for (const folder of ["claims", "copies", "failed"]) assert.deepEqual((await session.list(`${root}/${folder}`))?.children, [], folder);
  for (const instance of (await session.list(`${root}/held`))!.children)
    assert.deepEqual((await session.list(`${root}/held/${instance}`))?.children, []);
}

if (server) {
  test(`${suite}: a copy that is done first counts, and the first node is told to stop; done is heard once`, async (t) => {
    const cluster = await open(t);
    const heard = listen(cluster.dispatcher, keysOf(makeSubtasks(count)));
    const { first, second } = await reachCopy(cluster);
    assert.equal(await second.complete(), true);
    await aborted(first.signal);
    assert.equal(await first.release(), true);
    assert.equal((await cluster.dispatcher.states([first.subtask.key])).size, 0);
    for (const end = performance.now() + 5_000; heard.events.filter(({ kind }) => kind === "done").length < count; await delay(20))
      assert(performance.now() < end, JSON.stringify(heard.events));
    const ends = heard.events.filter(({ key, kind }) => key === first.subtask.key && (kind === "done" || kind === "withdrawn"));
    assert.deepEqual(ends, [{ kind: "done", key: first.subtask.key }]);
    assert.equal(cluster.logged.filter((message) => message.includes("second copy is computed")).length, 1);
    await assertEmpty(t, cluster);
  });

  test(`${suite}: a first node that is done after all counts, and the copy is told to stop and changes nothing`, async (t) => {
    const cluster = await open(t);
    const { first, second } = await reachCopy(cluster);
    assert.equal(await first.complete(), true);
    await aborted(second.signal);
    assert.equal(await second.complete(), false);
    await assertEmpty(t, cluster);
  });

  test(`${suite}: a copy that fails is no attempt; the first node that leaves then gives the subtask back`, async (t) => {
    const cluster = await open(t);
    const { first, second } = await reachCopy(cluster);
    assert.equal(await second.fail("no memory"), true);
    const state = async () => (await cluster.dispatcher.states([first.subtask.key])).get(first.subtask.key);
    assert.deepEqual(await state(), { kind: "owned", node: "slow", loading: false });
    await cluster.slow.leave();
    const again = await claimNext(cluster.other);
    assert.equal(await again.fail("hopeless", { permanent: true }), true);
    const failed = await state();
    assert(failed?.kind === "failed");
    assert.equal(failed.failure.attempts, 2);
    assert(!failed.failure.cause.includes("no memory"));
  });
}

/** Nodes that fail, and subtasks that fail everywhere. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { JoinedNode } from "../../../coordination/coordinator.ts";
import { createZooKeeperCoordinator, type ZooKeeperCoordinator } from "../../../coordination/zookeeper/coordinator.ts";
import { claimOne, countsOf, type OneClaim } from "../../contracts/claim-one.ts";
import { ask, joinAs } from "../../contracts/coordinator/harness.ts";
import { keysOf, makeSubtasks } from "../../contracts/subtasks.ts";
import { until } from "../../support/until.ts";
import { findServer, sessionTimeout, silent } from "./zookeeper-for-tests.ts";

const suite = "quarantine on ZooKeeper";
const server = await findServer(suite);

async function open(t: TestContext, root: string): Promise<ZooKeeperCoordinator> {
  const coordinator = await createZooKeeperCoordinator({
    hosts: server!.hosts,
    root,
    sessionTimeout,
    log: silent,
    localityDelay: 20,
  });
  t.after(() => coordinator.close());
  return coordinator;
}

/** Claims and performs until the coordinator is closed. */
async function work(node: JoinedNode, perform: (claim: OneClaim) => Promise<unknown>): Promise<void> {
  try {
    for (;;) await perform(await claimOne(node, { signal: new AbortController().signal }));
  } catch (error) {
    assert.match(String(error), /closed/);
  }
}

if (server) {
  test(`${suite}: a node that fails everything claims no more, says why, and what it failed is done by others`, async (t) => {
    const root = `/quarantine-${randomUUID()}`;
    const [dispatcher, ...processes] = await Promise.all([1, 2, 3, 4].map(() => open(t, root)));
    const [bad, ...good] = await Promise.all(processes.map((each, index) => joinAs(each, index === 0 ? "bad" : `good ${index}`)));
    /** When, in milliseconds since the epoch. */
    const failed: number[] = [];
    void work(bad!, async (claim) => {
      failed.push(Date.now());
      await delay(5);
      await claim.fail("the disk is not mounted");
    });
    for (const node of good) {
      void work(node, async (claim) => {
        await delay(5);
        assert.equal(await claim.complete(), true);
      });
    }
    let round = 0;
    const nodeNamed = async (id: string) => (await dispatcher!.nodes()).find((node) => node.id === id);
    const runOne = async () => {
      const subtasks = makeSubtasks(60, `round ${round++}`);
      await dispatcher!.enqueue(ask(subtasks, { queryId: `query ${round}` }));
      await until(async () => (await countsOf(dispatcher!)).unowned + (await countsOf(dispatcher!)).owned === 0);
      assert.equal((await dispatcher!.states(keysOf(subtasks))).size, 0);
    };
    await runOne();
    await until(async () => (await nodeNamed("bad"))?.quarantined !== undefined);
    const { quarantined } = (await nodeNamed("bad"))!;
    assert.match(quarantined!.cause, /the disk is not mounted/);
    assert(quarantined!.until > Date.now());
    for (const id of ["good 1", "good 2"]) assert.equal((await nodeNamed(id))?.quarantined, undefined);
    const before = failed.length;
    await runOne();
    // A round may last longer than the quarantine, after which the node is on trial.
    assert.deepEqual(
      failed.slice(before).filter((at) => at < quarantined!.until),
      [],
    );
    assert.equal((await countsOf(dispatcher!)).failed, 0);
  });

  test(`${suite}: subtasks that fail everywhere fail after their attempts, and bring no node into it`, async (t) => {
    const root = `/quarantine-${randomUUID()}`;
    const [dispatcher, ...processes] = await Promise.all([1, 2, 3, 4].map(() => open(t, root)));
    const nodes = await Promise.all(processes.map((each, index) => joinAs(each, `node ${index}`)));
    for (const node of nodes) {
      void work(node, async (claim) => {
        await delay(2);
        await (claim.subtask.programKey === "poison" ? claim.fail("it cannot be done") : claim.complete());
      });
    }
    const poison = makeSubtasks(40, "poison");
    await dispatcher!.enqueue(ask(poison, { queryId: "poison" }));
    await dispatcher!.enqueue(ask(makeSubtasks(40, "good"), { queryId: "good", client: "bob" }));
    await until(async () => (await countsOf(dispatcher!)).failed === 40);
    for (const state of (await dispatcher!.states(keysOf(poison))).values()) {
      assert(state.kind === "failed");
      assert.deepEqual(state.failure, { attempts: 3, cause: "it cannot be done" });
    }
    await until(async () => (await countsOf(dispatcher!)).unowned === 0);
    for (const node of await dispatcher!.nodes()) assert.equal(node.quarantined, undefined);
  });
}

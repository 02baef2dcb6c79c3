/**
 * Znodes that other software leaves among the coordinator's, where they would be in the way for ever: each is put right or reported, and everything else
 * continues.
 */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type TestContext, test } from "node:test";
import { createZooKeeperCoordinator } from "../../../coordination/zookeeper/coordinator.ts";
import { create, remove, set } from "../../../coordination/zookeeper/protocol/operations.ts";
import type { Session } from "../../../coordination/zookeeper/protocol/session.ts";
import { Housekeeping } from "../../../coordination/zookeeper/upkeep/housekeeping.ts";
import { WatchedSubtasks } from "../../../coordination/zookeeper/watching/watched-subtasks.ts";
import { encodeSubtaskBody } from "../../../coordination/zookeeper/znodes/encoding.ts";
import { createLayout, failedName, hashName, subtaskPath } from "../../../coordination/zookeeper/znodes/layout.ts";
import { Segments } from "../../../coordination/zookeeper/znodes/segments.ts";
import { countsOf } from "../../contracts/claim-one.ts";
import { ask, claimNext, drain, joinAs } from "../../contracts/coordinator/harness.ts";
import { keysOf, makeSubtask, makeSubtasks } from "../../contracts/subtasks.ts";
import { until } from "../../support/until.ts";
import { findServer, listBelow, makeZooKeeper, openConnection, sessionTimeout, silent } from "./zookeeper-for-tests.ts";

const suite = "strangers in ZooKeeper";
const server = await findServer(suite);
const nothing = Buffer.alloc(0);

async function open(t: TestContext) {
  const root = `/strangers-${randomUUID()}`;
  const warned: string[] = [];
  const log = {
    ...silent,
    warn: ({ znode }: { readonly znode?: unknown }) => void warned.push(`${znode}`),
    error: (fields: object) => assert.fail(JSON.stringify(fields)),
  };
  const coordinator = await createZooKeeperCoordinator({ hosts: server!.hosts, root, sessionTimeout, log });
  t.after(() => coordinator.close());
  const connection = await openConnection(t, server!.hosts);
  return { coordinator, layout: createLayout(root), connection, session: connection.session, warned, log };
}

/** Puts something below each leaf of these folders. */
async function putBelow(session: Session, folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    const leaves = (await listBelow(session, folder)).filter((path) => path.split("/").length > folder.split("/").length);
    for (const path of leaves) {
      const hasOthers = ((await session.list(path))?.children.length ?? 0) > 0;
      if (!hasOthers) await session.commit([create(`${path}/x`), create(`${path}/x/y`)]);
    }
  }
}

if (server) {
  test(`${suite}: what is below subtasks, segments, interest and what nodes hold keeps nobody from completing, failing and withdrawing`, async (t) => {
    const { coordinator, layout, session, warned } = await open(t);
    const node = await joinAs(coordinator, "node");
    const subtasks = makeSubtasks(40);
    await coordinator.enqueue(ask(subtasks));
    await coordinator.enqueue(ask(makeSubtasks(5, "other"), { queryId: "other", client: "bob", priority: 900 }));
    const folders = [layout.interest, layout.queries, ...layout.shards];
    await putBelow(session, folders);
    const claim = await claimNext(node);
    await claim.begin();
    const held = (await listBelow(session, layout.held)).find((path) => path.endsWith(hashName(claim.subtask.key)))!;
    await session.commit([create(`${held}/x`)]);
    assert.equal(await claim.complete(), true);
    assert.equal(await (await claimNext(node)).fail("hopeless", { permanent: true }), true);
    await drain(node, 38);
    assert.deepEqual(await coordinator.withdraw("other", "bob"), { interested: 0 });
    assert.deepEqual(await countsOf(coordinator), { unowned: 0, owned: 0, failed: 1 });
    assert(warned.includes(held), warned.join("\n"));
    assert.equal(new Set(warned).size, warned.length, "each is logged once");
  });

  test(`${suite}: however many claims that something is below are completed at once, none fails for it`, async (t) => {
    const { coordinator, layout, session } = await open(t);
    await coordinator.enqueue(ask(makeSubtasks(20)));
    await putBelow(session, layout.shards);
    const node = await joinAs(coordinator, "node");
    const claims = await Promise.all(makeSubtasks(20).map(() => claimNext(node)));
    await Promise.all(claims.map((claim) => claim.complete()));
    assert.deepEqual(await countsOf(coordinator), { unowned: 0, owned: 0, failed: 0 });
  });

  test(`${suite}: a subtask whose znode cannot be removed fails with the reason, its claim ends, and a withdrawal leaves it`, async (t) => {
    const { coordinator, layout, warned } = await open(t);
    const [subtask, other] = [makeSubtask(0), makeSubtask(1)];
    await coordinator.enqueue(ask([subtask]));
    const path = subtaskPath(layout, hashName(subtask.key));
    // They use their own password, so that nobody else may remove what is below `x`.
    const stranger = (await openConnection(t, server.hosts, { auth: "stranger:secret" })).session;
    await stranger.commit([create(`${path}/x`), create(`${path}/x/y`)]);
    const node = await joinAs(coordinator, "node");
    assert.equal(await (await claimNext(node)).complete(), true);
    const state = (await coordinator.states([subtask.key])).get(subtask.key);
    assert(state?.kind === "failed" && state.failure.cause.includes(path), JSON.stringify(state));
    assert(warned.includes(path));
    await coordinator.enqueue(ask([other]));
    const kept = subtaskPath(layout, hashName(other.key));
    await stranger.commit([create(`${kept}/x`), create(`${kept}/x/y`)]);
    assert.deepEqual(await coordinator.withdraw("query", "alice"), { interested: 0 });
    assert.deepEqual([...(await coordinator.interest(["query"])).values()], [0]);
  });

  test(`${suite}: folders that somebody removed are made again, and failed subtasks whose record is gone can be retried`, async (t) => {
    const { coordinator, layout, session } = await open(t);
    await session.commit([remove(layout.epoch), remove(layout.returned), remove(layout.clock), remove(layout.guards[3]!)]);
    await session.commit(layout.shards.map(remove));
    const [failing] = makeSubtasks(1);
    await coordinator.enqueue(ask(makeSubtasks(3)));
    const node = await joinAs(coordinator, "node");
    assert.equal(await (await claimNext(node)).fail("an error"), true);
    const failed = failedName(hashName(failing!.key), Date.now());
    const attempts = { errors: 3, lost: 0, causes: ["an error"] };
    await session.commit([set(subtaskPath(layout, hashName(failing!.key)), encodeSubtaskBody({ attempts, failed }))]);
    assert.equal(await coordinator.retry(ask([failing!])), 1);
    assert.deepEqual([...(await drain(node, 3))].sort(), [...keysOf(makeSubtasks(3))].sort());
  });

  test(`${suite}: a znode that stays in a node's place is no node, and the node that has its name takes it`, async (t) => {
    const { coordinator, layout, session, warned } = await open(t);
    const body = {
      id: "node",
      host: "h",
      threads: 1e9,
      cacheBytes: 0,
      cacheLimit: 0,
      running: 0,
      done: 0,
      failed: 0,
      since: 0,
      instance: "i",
    };
    for (const id of ["node", "stranger"])
      await session.commit([create(`${layout.nodes}/${hashName(id)}`, Buffer.from(JSON.stringify({ ...body, id })))]);
    assert.deepEqual(await coordinator.nodes(), []);
    await joinAs(coordinator, "node");
    assert.deepEqual(
      (await coordinator.nodes()).map(({ id, threads }) => [id, threads]),
      [["node", 2]],
    );
    assert(warned.includes(`${layout.nodes}/${hashName("stranger")}`));
  });

  for (const what of ["its own znode", "what it holds", "both"] as const) {
    test(`${suite}: a node of which somebody removes ${what} ends its claim, and goes on`, async (t) => {
      const { coordinator, layout, session } = await open(t);
      await coordinator.enqueue(ask(makeSubtasks(2)));
      const node = await joinAs(coordinator, "node");
      const claim = await claimNext(node);
      await claim.begin();
      if (what !== "what it holds") await session.commit([remove(`${layout.nodes}/${hashName("node")}`)]);
      if (what !== "its own znode") {
        const [instance] = (await session.list(layout.held))!.children;
        await session.commit([remove(`${layout.held}/${instance}/${hashName(claim.subtask.key)}`), remove(`${layout.held}/${instance}`)]);
      } else await until(async () => (await session.list(layout.held))?.children.length === 0);
      assert.equal(await claim.complete(), true);
      assert.equal(await (await claimNext(node)).complete(), true);
      assert.deepEqual(
        (await coordinator.nodes()).map(({ id }) => id),
        ["node"],
      );
    });
  }

  test(`${suite}: a lock that stays is no lock`, async (t) => {
    const { coordinator, layout, session, warned } = await open(t);
    const path = `${layout.locks}/${hashName("program")}`;
    await session.commit([create(path, nothing)]);
    assert.equal((await coordinator.enqueue(ask(makeSubtasks(600)))).queued, 600);
    assert(warned.includes(path));
    assert.equal(await session.exists(path), undefined);
  });

  test(`${suite}: housekeeping goes on behind a step that fails`, async (t) => {
    const { layout, connection } = await open(t);
    const errors: unknown[] = [];
    const zookeeper = makeZooKeeper(connection, layout, { onError: (error) => void errors.push(error) });
    const { session } = connection;
    await session.commit([create(`${layout.withdrawn}/w.0000000009`), create(`${layout.failed}/000000000.${"x".repeat(22)}`)]);
    const list = session.list.bind(session);
    session.list = (path, watcher) => (path === layout.queries ? Promise.reject(new Error("a fault")) : list(path, watcher));
    const watched = new WatchedSubtasks({ onError: zookeeper.onError, onShard: () => undefined, onThere: () => undefined });
    const housekeeping = new Housekeeping({ keepRecords: 0, interestTerm: 60_000, mostFailed: 0 });
    await housekeeping.run({ zookeeper, watched, segments: new Segments(), onWithdrawn: () => undefined });
    assert.deepEqual(errors.map(String), ["Error: a fault"]);
    assert.deepEqual(
      [await list(layout.withdrawn), await list(layout.failed)].map((found) => found?.children),
      [[], []],
    );
  });
}

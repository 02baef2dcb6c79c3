/** Tests what the nodes of one process do with claims that fail, vanish or cannot be ended. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type TestContext, test } from "node:test";
import { ZooKeeperClaims } from "../../../../coordination/zookeeper/claims/claims.ts";
import { createZooKeeperCoordinator, type ZooKeeperCoordinator } from "../../../../coordination/zookeeper/coordinator.ts";
import { createSequential, type Operation, remove } from "../../../../coordination/zookeeper/protocol/operations.ts";
import type { Session } from "../../../../coordination/zookeeper/protocol/session.ts";
import { ZooKeeperError } from "../../../../coordination/zookeeper/protocol/zookeeper-error.ts";
import { SessionFollower } from "../../../../coordination/zookeeper/session-follower.ts";
import { WatchedSubtasks } from "../../../../coordination/zookeeper/watching/watched-subtasks.ts";
import { Withdrawals } from "../../../../coordination/zookeeper/watching/withdrawals.ts";
import { encodeHashes, parseRead } from "../../../../coordination/zookeeper/znodes/encoding.ts";
import { claimPath, hashName, type Layout, runningPath, subtaskPath } from "../../../../coordination/zookeeper/znodes/layout.ts";
import { openRoot } from "../../../../coordination/zookeeper/znodes/open-root.ts";
import { claimOne } from "../../../contracts/claim-one.ts";
import { ask, claimNext, joinAs, never } from "../../../contracts/coordinator/harness.ts";
import { makeSubtask, makeSubtasks } from "../../../contracts/subtasks.ts";
import { until } from "../../../support/until.ts";
import { findServer, openConnection, silent } from "../zookeeper-for-tests.ts";

const suite = "nodes on ZooKeeper";
const server = await findServer(suite);

interface Process {
  readonly session: Session;
  readonly layout: Layout;
  readonly claims: ZooKeeperClaims;
  readonly follower: SessionFollower;
  /** Another process, with a node that claims nothing. */
  readonly other: ZooKeeperCoordinator;
  /** Queries of which nothing is left here. */
  readonly idle: readonly string[];
}

async function open(t: TestContext): Promise<Process> {
  const root = `/nodes-${randomUUID()}`;
  const connection = await openConnection(t, server!.hosts);
  const { session, lost, chroot } = connection;
  const layout = await openRoot(session, { chroot, root });
  const other = await createZooKeeperCoordinator({ hosts: server!.hosts, root, log: silent });
  t.after(() => other.close());
  await joinAs(other, "other");
  const onError = (error: unknown) => assert.fail(String(error));
  const watched = new WatchedSubtasks({ onError, onShard: () => undefined, onThere: () => undefined });
  const claims: ZooKeeperClaims = new ZooKeeperClaims({
    watched,
    session: () => follower.forClaims,
    wasCarriedOut: async () => false,
    localityDelay: 1,
    onError,
    log: silent,
  });
  const idle: string[] = [];
  const onIdle = (_: unknown, query: string) => void idle.push(query);
  const follower: SessionFollower = new SessionFollower({
    session,
    lost,
    layout,
    log: silent,
    watched,
    withdrawals: new Withdrawals(),
    claims,
    onIdle,
    mostEntries: 1000,
  });
  t.after(() => claims.close(new Error("closed")));
  return { session, layout, claims, follower, other, idle };
}

/** Knows of the other. */
async function join({ claims, follower }: Process) {
  const node = await claims.join(await follower.followWaiting(), { id: "node", host: "localhost", threads: 2, cacheLimit: 0 });
  await until(() => follower.forClaims!.waiting.queue.cluster.nodes.length === 2);
  return node;
}

if (server) {
  test(`${suite}: what a node leaves to others, because it failed there, does not keep it from less urgent work`, async (t) => {
    const process = await open(t);
    const node = await join(process);
    await process.other.enqueue(ask(makeSubtasks(4, "urgent"), { queryId: "urgent", priority: 100 }));
    for (let index = 0; index < 4; index++) {
      const claim = await claimNext(node);
      assert.equal(claim.subtask.programKey, "urgent");
      await claim.fail("an error");
    }
    await process.other.enqueue(ask([makeSubtask(0, "other")], { queryId: "other" }));
    const claim = await claimNext(node);
    assert.equal(claim.subtask.programKey, "other");
    // When no other node is there to leave it to, the subtask is claimed here.
    process.other.abandon();
    const again = await claimNext(node);
    assert.equal(again.subtask.programKey, "urgent");
    assert.equal(await again.complete(), true);
  });

  test(`${suite}: subtasks that failed on a node and are then withdrawn do not bring it into quarantine`, async (t) => {
    const process = await open(t);
    const node = await join(process);
    const subtasks = makeSubtasks(8);
    await process.other.enqueue(ask(subtasks));
    for (let index = 0; index < 8; index++) await (await claimNext(node)).fail("an error");
    const hashes = subtasks.map(({ key }) => hashName(key));
    // The interest is older news, which may come later.
    const { session, layout } = process;
    await session.commit([
      createSequential(`${layout.withdrawn}/w.`, encodeHashes(hashes)),
      ...hashes.map((hash) => remove(subtaskPath(layout, hash))),
    ]);
    await until(() => process.idle.length > 0);
    await session.list(layout.withdrawn);
    await session.list(layout.withdrawn);
    assert.equal(process.claims.describe("node")?.quarantined, undefined);
  });

  for (const [order, sendFirst] of [
    ["while the answer to its beginning is awaited", true],
    ["though its beginning reaches the server only after its end", false],
  ] as const) {
    test(`${suite}: a claim ends ${order}, and leaves nothing behind`, async (t) => {
      const process = await open(t);
      const node = await join(process);
      const subtask = makeSubtask(0);
      await process.other.enqueue(ask([subtask]));
      const claim = await claimNext(node);
      const { session, layout } = process;
      const commit = session.commit.bind(session);
      const begins = (operations: readonly Operation[]) =>
        operations.some(({ kind, path }) => kind === "create" && path === runningPath(layout, hashName(subtask.key)));
      let sent = false;
      const ended = new Promise<void>((resolve) => {
        session.commit = async (operations) => {
          if (!begins(operations)) {
            const answer = commit(operations);
            if (sent)
              answer.then(
                () => resolve(),
                () => resolve(),
              );
            return answer;
          }
          sent = true;
          const answer = sendFirst ? commit(operations) : undefined;
          await ended;
          return answer ?? commit(operations);
        };
      });
      const beginning = claim.begin();
      await until(() => sent);
      assert.equal(await claim.complete(), true);
      await beginning;
      assert.deepEqual((await session.list(layout.claims))?.children, []);
      assert.equal(await session.exists(subtaskPath(layout, hashName(subtask.key))), undefined);
    });
  }

  test(`${suite}: what a node holds begins with its claim; others hear that it runs only where it does not end soon`, async (t) => {
    const process = await open(t);
    const node = await join(process);
    const { session, layout } = process;
    const commit = session.commit.bind(session);
    const changed: string[] = [];
    session.commit = async (operations) => {
      changed.push(...operations.map(({ path }) => path));
      return commit(operations);
    };
    const entryOf = async (hash: string) => {
      const [instance] = (await session.list(layout.held))!.children.filter((name) => name.startsWith(hashName("node")));
      return session.get(`${layout.held}/${instance}/${hash}`);
    };
    const subtasks = makeSubtasks(2);
    const [short, long] = subtasks.map(({ key }) => hashName(key));
    await process.other.enqueue(ask(subtasks));
    const first = await claimOne(node, { signal: never, prefers: () => true });
    const begun = parseRead((await entryOf(short!))!.data);
    assert.equal(begun?.dataset, subtasks[0]!.dataset);
    await first.begin();
    assert.equal(await first.complete(), true);
    const second = await claimOne(node, { signal: never, prefers: () => true });
    await second.begin();
    await until(async () => (await session.exists(runningPath(layout, long!))) !== undefined);
    assert.equal(await second.complete(), true);
    assert.ok(!changed.includes(runningPath(layout, short!)));
    assert.deepEqual((await session.list(layout.claims))?.children, []);
    assert.equal(await entryOf(long!), undefined);
  });

  test(`${suite}: a subtask that is asked for again before its withdrawn claim has ended waits again`, async (t) => {
    const process = await open(t);
    const node = await join(process);
    const [subtask, beside] = makeSubtasks(2);
    await process.other.enqueue(ask([subtask!], { queryId: "left" }));
    const claim = await claimNext(node);
    const { session, layout, follower, other } = process;
    const commit = session.commit.bind(session);
    const path = claimPath(layout, hashName(subtask!.key));
    let isRefused = false;
    session.commit = async (operations) => {
      if (!operations.some((operation) => operation.kind === "remove" && operation.path === path)) return commit(operations);
      if (isRefused) {
        await other.enqueue(ask([subtask!, beside!], { queryId: "kept" }));
        await until(() => follower.forClaims!.waiting.entries.find([hashName(beside!.key)]).length > 0);
      }
      try {
        return await commit(operations);
      } catch (error) {
        isRefused = true;
        throw error;
      }
    };
    await other.withdraw("left", "alice");
    assert.equal(await claim.release(), true);
    assert.equal(isRefused, true);
    session.commit = commit;
    const again = await Promise.all([claimNext(node), claimNext(node)]);
    assert.deepEqual(again.map((each) => each.subtask.key).toSorted(), [subtask!.key, beside!.key].toSorted());
    for (const each of again) assert.equal(await each.complete(), true);
  });

  test(`${suite}: a node that leaves is unregistered though a claim cannot be ended, and says why`, async (t) => {
    const process = await open(t);
    const node = await join(process);
    await process.other.enqueue(ask([makeSubtask(0)]));
    const claim = await claimNext(node);
    const { session, layout } = process;
    const commit = session.commit.bind(session);
    const path = `${layout.claims}/${hashName(claim.subtask.key)}`;
    session.commit = async (operations) => {
      if (operations.some((operation) => operation.path === path)) throw new ZooKeeperError("refused", "no disk");
      return commit(operations);
    };
    await assert.rejects(node.leave(), /no disk/);
    assert.deepEqual(
      (await process.other.nodes()).map(({ id }) => id),
      ["other"],
    );
    // Its loss is counted by others, as a dead node's.
    await until(async () => (await session.list(layout.held))?.children.length === 1);
    assert.equal(claim.signal.aborted, true);
  });
}

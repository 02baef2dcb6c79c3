import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type TestContext, test } from "node:test";
import { CopiedClaim, copySubtask } from "../../../../coordination/zookeeper/claims/copied-claim.ts";
import { SubtaskEntry } from "../../../../coordination/zookeeper/claims/entries.ts";
import { create } from "../../../../coordination/zookeeper/protocol/operations.ts";
import { ZooKeeperError } from "../../../../coordination/zookeeper/protocol/zookeeper-error.ts";
import { claimPath, copyPath, hashName, subtaskPath } from "../../../../coordination/zookeeper/znodes/layout.ts";
import { openRoot } from "../../../../coordination/zookeeper/znodes/open-root.ts";
import { makeSubtask } from "../../../contracts/subtasks.ts";
import { findServer, makeZooKeeper, openConnection } from "../zookeeper-for-tests.ts";

const suite = "second copies on ZooKeeper";
const server = await findServer(suite);

/** A subtask that another has claimed. */
async function open(t: TestContext) {
  const connection = await openConnection(t, server!.hosts);
  const { session, chroot } = connection;
  const layout = await openRoot(session, { chroot, root: `/copies-${randomUUID()}` });
  const subtask = makeSubtask(0);
  const entry = new SubtaskEntry(hashName(subtask.key), subtask, 0);
  await session.commit([create(subtaskPath(layout, entry.hash)), create(claimPath(layout, entry.hash))]);
  const copies = async () => (await session.list(layout.copies))?.children;
  const zookeeper = makeZooKeeper(connection, layout);
  const registration = { node: "node", instance: "instance", held: "/none", combiner: zookeeper.combiner };
  return { zookeeper, session, layout, entry, registration, copies };
}

if (server) {
  test(`${suite}: copySubtask asks until it is known whether a copy is there whose answer was lost`, async (t) => {
    const { zookeeper, session, layout, entry, registration, copies } = await open(t);
    const commit = session.commit.bind(session);
    const get = session.get.bind(session);
    let losses = 3;
    session.commit = async (operations) => {
      await commit(operations);
      throw new ZooKeeperError("connection-loss", "the answer was lost");
    };
    session.get = async (path, watcher) => {
      if (losses-- > 0) throw new ZooKeeperError("connection-loss", "the answer was lost");
      return get(path, watcher);
    };
    assert.equal(await copySubtask(zookeeper, entry, registration), true);
    assert.deepEqual(await copies(), [copyPath(layout, entry.hash).slice(layout.copies.length + 1)]);
  });

  test(`${suite}: CopiedClaim is held until its end succeeds, after an error that nobody expected too`, async (t) => {
    const { zookeeper, session, entry, registration, copies } = await open(t);
    assert.equal(await copySubtask(zookeeper, entry, registration), true);
    const ends: boolean[] = [];
    const claim = new CopiedClaim({ zookeeper, entry, registration, onEnd: (isOver) => void ends.push(isOver) });
    const commit = session.commit.bind(session);
    session.commit = async () => {
      throw new ZooKeeperError("refused", "no disk");
    };
    await assert.rejects(claim.end({ kind: "complete" }), /no disk/);
    session.commit = commit;
    assert.equal(await claim.end({ kind: "complete" }), true);
    assert.deepEqual(ends, [true]);
    assert.deepEqual(await copies(), []);
    assert.equal(await claim.end({ kind: "complete" }), false);
  });
}

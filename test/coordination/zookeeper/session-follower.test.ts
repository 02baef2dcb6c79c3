import assert from "node:assert/strict";
import { test } from "node:test";
import { createZooKeeperCoordinator } from "../../../coordination/zookeeper/coordinator.ts";
import { create, createSequential, remove } from "../../../coordination/zookeeper/protocol/operations.ts";
import { Session } from "../../../coordination/zookeeper/protocol/session.ts";
import { ZooKeeperError } from "../../../coordination/zookeeper/protocol/zookeeper-error.ts";
import { followWithdrawals } from "../../../coordination/zookeeper/session-follower.ts";
import { encodeHashes } from "../../../coordination/zookeeper/znodes/encoding.ts";
import { hashName, subtaskPath } from "../../../coordination/zookeeper/znodes/layout.ts";
import { openRoot } from "../../../coordination/zookeeper/znodes/open-root.ts";
import { ask, claimNext, joinAs } from "../../contracts/coordinator/harness.ts";
import { makeSubtasks } from "../../contracts/subtasks.ts";
import { until } from "../../support/until.ts";
import { findServer, makeZooKeeper, openConnection, silent } from "./zookeeper-for-tests.ts";

const suite = "withdrawals on ZooKeeper";
const server = await findServer(suite);

if (server) {
  test(`${suite}: followWithdrawals names what is gone of what the nodes have, and nothing else, at each withdrawal`, async (t) => {
    const connection = await openConnection(t, server.hosts);
    const { session, chroot } = connection;
    const layout = await openRoot(session, { chroot, root: "/withdrawals" });
    const errors: unknown[] = [];
    const zookeeper = makeZooKeeper(connection, layout, { onError: (error) => void errors.push(error) });
    const [one = "", two = "", others = ""] = ["one", "two", "another process has it"].map(hashName);
    await session.commit([one, two, others].map((hash) => create(subtaskPath(layout, hash))));
    const gone: string[] = [];
    const held = new Set([one, two]);
    followWithdrawals(zookeeper, {
      heldHashes: () => [...held],
      withdraw: (hashes) => {
        for (const hash of hashes) if (held.delete(hash)) gone.push(hash);
      },
    });
    for (const [hash, so] of [
      [others, []],
      [two, [two]],
      [one, [two, one]],
    ] as const) {
      await session.commit([createSequential(`${layout.withdrawn}/w.`, encodeHashes([hash])), remove(subtaskPath(layout, hash))]);
      await until(() => gone.length === so.length);
      assert.deepEqual(gone, so);
    }
    assert.deepEqual(errors, []);
  });

  test(`${suite}: a node joins on the session that it has, though a connection was lost while it read what waits`, async (t) => {
    const options = { hosts: server.hosts, root: "/joining", log: silent };
    const dispatcher = await createZooKeeperCoordinator(options);
    t.after(() => dispatcher.close());
    await dispatcher.enqueue(ask(makeSubtasks(1_000)));
    const coordinator = await createZooKeeperCoordinator(options);
    t.after(() => coordinator.close());
    const { get } = Session.prototype;
    let lost = 0;
    t.mock.method(Session.prototype, "get", function (this: Session, ...args: Parameters<Session["get"]>) {
      if (!args[0].startsWith("/joining/queries/") || lost > 0) return get.apply(this, args);
      lost++;
      return Promise.reject(new ZooKeeperError("connection-loss", "The connection was lost"));
    });
    const node = await joinAs(coordinator, "node");
    assert.equal(lost, 1);
    assert.ok(await claimNext(node));
  });
}

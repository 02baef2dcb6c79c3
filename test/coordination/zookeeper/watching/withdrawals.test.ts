/** Tests what a process hears of withdrawals whose records it could not read in time. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { createZooKeeperCoordinator } from "../../../../coordination/zookeeper/coordinator.ts";
import { remove } from "../../../../coordination/zookeeper/protocol/operations.ts";
import { hashName, shardOf } from "../../../../coordination/zookeeper/znodes/layout.ts";
import { ask, claimNext, joinAs } from "../../../contracts/coordinator/harness.ts";
import { listen, makeSubtask } from "../../../contracts/subtasks.ts";
import { until } from "../../../support/until.ts";
import { findServer, openConnection, openProxy, silent, tick } from "../zookeeper-for-tests.ts";

const suite = "withdrawals on ZooKeeper";
const server = await findServer(suite);

/** Some that are looked at together, in one list. */
function makeNeighbours(count: number) {
  const first = makeSubtask(0);
  const shard = shardOf(hashName(first.key));
  const found = [first];
  for (let partition = 1; found.length < count; partition++) {
    const subtask = makeSubtask(partition);
    if (shardOf(hashName(subtask.key)) === shard) found.push(subtask);
  }
  return found;
}

if (server) {
  for (const isSessionLost of [false, true]) {
    const how = isSessionLost ? "its session lost" : "its session kept";
    test(`${suite}: who was cut off for longer than withdrawals are on record, ${how}, does not hear that what was withdrawn is done`, async (t) => {
      const root = `/withdrawals-${randomUUID()}`;
      const proxy = await openProxy(t, server.port);
      const sessionTimeout = (isSessionLost ? 5 : 20) * tick;
      const open = async (hosts: string, timeout: number) => {
        const coordinator = await createZooKeeperCoordinator({ hosts, root, log: silent, sessionTimeout: timeout });
        t.after(() => coordinator.close());
        return coordinator;
      };
      const [follower, other] = await Promise.all([open(proxy.address, sessionTimeout), open(server.hosts, 20 * tick)]);
      const { session } = await openConnection(t, server.hosts);
      const [dropped, kept, later] = makeNeighbours(3) as [
        ReturnType<typeof makeSubtask>,
        ReturnType<typeof makeSubtask>,
        ReturnType<typeof makeSubtask>,
      ];
      const heard = listen(follower, [dropped.key, kept.key, later.key]);
      await follower.states([dropped.key, kept.key, later.key]);
      await other.enqueue(ask([dropped], { queryId: "dropped" }));
      await other.enqueue(ask([kept], { queryId: "kept" }));
      await until(() => heard.events.length === 2);

      proxy.cut();
      await other.withdraw("dropped", "alice");
      const path = `${root}/withdrawn`;
      for (const name of (await session.list(path))!.children) await session.commit([remove(`${path}/${name}`)]);
      if (isSessionLost) await until(() => follower.notReady().length > 0);
      proxy.mend();
      await until(() => follower.notReady().length === 0);

      await other.enqueue(ask([later], { queryId: "later" }));
      await until(() => heard.events.some(({ kind, key }) => kind === "unowned" && key === later.key));
      const node = await joinAs(other, "node");
      for (let count = 0; count < 2; count++) await (await claimNext(node)).complete();
      await until(() => heard.events.some(({ kind, key }) => kind === "done" && key === later.key));
      await until(() => heard.events.some(({ kind, key }) => kind === "done" && key === kept.key));
      const wrong = heard.events.filter(({ kind, key }) => key === dropped.key && kind !== "unowned");
      assert.deepEqual(wrong, []);
      assert.equal((await follower.states([dropped.key])).size, 0);
    });
  }
}

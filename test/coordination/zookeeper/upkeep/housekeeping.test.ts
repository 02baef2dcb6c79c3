/** Interest that is not renewed ends; times are the server's. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type TestContext, test } from "node:test";
import { createZooKeeperCoordinator } from "../../../../coordination/zookeeper/coordinator.ts";
import { endOldInterest } from "../../../../coordination/zookeeper/upkeep/housekeeping.ts";
import { WatchedSubtasks } from "../../../../coordination/zookeeper/watching/watched-subtasks.ts";
import { openRoot } from "../../../../coordination/zookeeper/znodes/open-root.ts";
import { Segments } from "../../../../coordination/zookeeper/znodes/segments.ts";
import { countsOf } from "../../../contracts/claim-one.ts";
import { ask } from "../../../contracts/coordinator/harness.ts";
import { makeSubtasks } from "../../../contracts/subtasks.ts";
import { until } from "../../../support/until.ts";
import { findServer, makeZooKeeper, openConnection, silent } from "../zookeeper-for-tests.ts";

const suite = "old interest on ZooKeeper";
const server = await findServer(suite);

async function open(t: TestContext) {
  const root = `/interest-${randomUUID()}`;
  const coordinator = await createZooKeeperCoordinator({ hosts: server!.hosts, root, log: silent });
  t.after(() => coordinator.close());
  const connection = await openConnection(t, server!.hosts);
  const layout = await openRoot(connection.session, { chroot: "", root });
  const zookeeper = makeZooKeeper(connection, layout);
  const watched = new WatchedSubtasks({ onError: zookeeper.onError, onShard: () => undefined, onThere: () => undefined });
  const end = (term: number) => endOldInterest({ zookeeper, segments: new Segments(), watched, onWithdrawn: () => undefined }, term);
  return { coordinator, end };
}

if (server) {
  test(`${suite}: what was not renewed within its term ends, and its query with it; what was renewed stays`, async (t) => {
    const { coordinator, end } = await open(t);
    await coordinator.enqueue(ask(makeSubtasks(2, "old"), { queryId: "old" }));
    await coordinator.enqueue(ask(makeSubtasks(2, "kept"), { queryId: "kept" }));
    // Nothing is older than anything else until the server's clock has advanced.
    const started = performance.now();
    await until(() => performance.now() - started > 3_000);
    assert.equal(await coordinator.renew("kept", "alice"), true);
    await end(60_000);
    assert.deepEqual(await countsOf(coordinator), { unowned: 4, owned: 0, failed: 0 });
    await end(2_500);
    assert.equal(await coordinator.renew("old", "alice"), false);
    assert.deepEqual(await countsOf(coordinator), { unowned: 2, owned: 0, failed: 0 });
    assert.deepEqual([...(await coordinator.interest(["old", "kept"])).values()], [0, 1]);
  });

  test(`${suite}: one client's interest that ends leaves the query to the others`, async (t) => {
    const { coordinator, end } = await open(t);
    await coordinator.enqueue(ask(makeSubtasks(2)));
    await coordinator.enqueue(ask(makeSubtasks(2), { client: "bob" }));
    const started = performance.now();
    await until(() => performance.now() - started > 3_000);
    // The same request sent again renews.
    await coordinator.enqueue(ask(makeSubtasks(2), { client: "bob" }));
    await end(2_500);
    assert.deepEqual([...(await coordinator.interest(["query"])).values()], [1]);
    assert.equal(await coordinator.renew("query", "alice"), false);
    assert.equal((await countsOf(coordinator)).unowned, 2);
  });
}

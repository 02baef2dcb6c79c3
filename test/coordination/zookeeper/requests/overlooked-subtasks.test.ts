import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import type { JoinedNode } from "../../../../coordination/coordinator.ts";
import { createZooKeeperCoordinator } from "../../../../coordination/zookeeper/coordinator.ts";
import { claimOne, countsOf } from "../../../contracts/claim-one.ts";
import { ask, drain, joinAs } from "../../../contracts/coordinator/harness.ts";
import { makeSubtasks } from "../../../contracts/subtasks.ts";
import { until } from "../../../support/until.ts";
import { findServer, silent } from "../zookeeper-for-tests.ts";

const suite = "overlooked subtasks on ZooKeeper";
const server = await findServer(suite);
/** In milliseconds: far longer than a query stays idle before it is looked at. */
const patience = 20_000;

const complete = async (node: JoinedNode) => (await claimOne(node, { signal: AbortSignal.timeout(patience) })).complete();

if (server) {
  for (const when of ["before", "after"] as const)
    test(`${suite}: what was done, queued again for another query and left by it ${when} the first query is done is claimed once more`, async (t) => {
      const coordinator = await createZooKeeperCoordinator({ hosts: server.hosts, root: `/overlooked-${randomUUID()}`, log: silent });
      t.after(() => coordinator.close());
      const node = await joinAs(coordinator, "node");
      const subtasks = makeSubtasks(6);
      await coordinator.enqueue(ask(subtasks));
      const done = await drain(node, 5);
      // Another dispatcher did not know yet that these were done.
      const others = subtasks.filter(({ key }) => done.includes(key));
      const other = ask(others, { queryId: "other", client: "bob" });
      await coordinator.enqueue(other);
      if (when === "before") await coordinator.withdraw("other", "bob");
      await complete(node);
      if (when === "after") await coordinator.withdraw("other", "bob");
      while ((await countsOf(coordinator)).unowned > 0) await complete(node);
      await until(async () => (await coordinator.interest(["query"])).get("query") === 0);
      assert.deepEqual(await countsOf(coordinator), { unowned: 0, owned: 0, failed: 0 });
    });
}

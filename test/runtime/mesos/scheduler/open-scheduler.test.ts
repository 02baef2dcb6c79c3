/** Tests what our scheduler tells a master of itself. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { describeFramework } from "../../../../runtime/mesos/nodes/open-nodes.ts";
import { openScheduler, type SchedulerOptions } from "../../../../runtime/mesos/scheduler/open-scheduler.ts";
import { readConfig } from "../../../../runtime/start/config/config.ts";
import { memoryRecord } from "../../../mesos/memory-record.ts";
import { silent } from "../../silent-log.ts";
import { beginStream, startScriptedServer } from "../protocol/scripted-server.ts";

async function subscribe(t: TestContext, options: Partial<SchedulerOptions> = {}) {
  const server = await startScriptedServer((response, { type }) =>
    type === "SUBSCRIBE" ? beginStream(response) : response.writeHead(202).end(),
  );
  t.after(() => server.stop());
  const scheduler = await openScheduler({ mesos: server.url, record: memoryRecord(), name: "test", log: silent, ...options });
  await scheduler.stop();
  const [{ body, request }] = server.asked as unknown as [(typeof server.asked)[number]];
  return { info: (body.subscribe as { readonly framework_info: Record<string, unknown> }).framework_info, headers: request.headers };
}

const week = 7 * 24 * 3600;

test("tasks live on without their scheduler for a week, and over the end of an agent's process", async (t) => {
  const { info } = await subscribe(t);
  assert.deepEqual([info.failover_timeout, info.checkpoint], [week, true]);
  const nodes = describeFramework(readConfig(["--role", "mesos", "--mesos", "m", "--zookeeper", "z", "--mongodb", "mongodb://m/f"], {}));
  assert.deepEqual([nodes.failoverTimeout, nodes.checkpoint], [week, true]);
});

test("the framework names a user, and the principal of its credentials", async (t) => {
  const { info, headers } = await subscribe(t, { user: "physics", credentials: { principal: "p", secret: "s" } });
  assert.deepEqual([info.user, info.principal, headers.authorization], ["physics", "p", `Basic ${btoa("p:s")}`]);
  assert.equal((await subscribe(t)).info.user, "");
});

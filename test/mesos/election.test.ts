/** Masters that Mesos' own code registers in ZooKeeper, and a framework of ours that finds the one that leads. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openScheduler } from "../../runtime/mesos/scheduler/open-scheduler.ts";
import { isEnded } from "../../runtime/mesos/scheduler/task.ts";
import { findServer, silent } from "../coordination/zookeeper/zookeeper-for-tests.ts";
import { startAgent, startMaster } from "../servers/mesos/start-mesos.ts";
import { requireServer } from "../servers/require-server.ts";
import { until } from "../support/until.ts";
import { memoryRecord } from "./memory-record.ts";

const suite = "masters that Mesos registers in ZooKeeper";
const zookeeper = await findServer(suite);
const election = `zk://${zookeeper?.hosts}/mesos`;
const first = zookeeper && requireServer(suite, await startMaster({ election }));

if (zookeeper && first) {
  after(() => first.stop());

  test("a framework subscribes with the one that leads, and with the next one when that is gone, where its tasks then run", async (t) => {
    const scheduler = await openScheduler({ mesos: election, record: memoryRecord(), name: "elected", log: silent });
    t.after(() => scheduler.stop());
    const known = async (master: typeof first) => (await master.state()).frameworks.filter(({ active }) => active).map(({ id }) => id);
    assert.deepEqual(await known(first), [scheduler.frameworkId]);

    const second = await startMaster({ election });
    if ("missing" in second) throw new Error(second.missing);
    t.after(() => second.stop());
    const agent = await startAgent({ master: second });
    t.after(() => agent.stop());
    await first.kill();
    await until(async () => (await known(second)).length > 0, "a subscription with the other master");
    assert.deepEqual(await known(second), [scheduler.frameworkId]);

    const command = { kind: "command", command: { shell: true, value: "true" } } as const;
    await scheduler.want([{ id: "job", resources: { cpus: 0.1, mem: 32 }, attempts: 1, run: command }]);
    await until(() => isEnded(scheduler.task("job")!), "an end of the job");
    assert.equal(scheduler.task("job")!.state, "successful");
  });
}

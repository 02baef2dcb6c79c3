/** Tests our executor on a real Mesos whose agent is killed and comes back: its tasks continue, and what happened meanwhile is reported. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { encodeCommandProgram } from "../../../../runtime/mesos/executor/task-program.ts";
import { listedMasters } from "../../../../runtime/mesos/leader/listed-masters.ts";
import type { Disconnected } from "../../../../runtime/mesos/protocol/connection.ts";
import type { SchedulerEvent } from "../../../../runtime/mesos/protocol/events.ts";
import { openSchedulerConnection } from "../../../../runtime/mesos/protocol/scheduler-connection.ts";
import type { ExecutorInfo, Offer, Resource, TaskInfo, TaskStatus } from "../../../../runtime/mesos/protocol/shapes.ts";
import { startAgent, startMaster } from "../../../servers/mesos/start-mesos.ts";
import { requireServer } from "../../../servers/require-server.ts";
import { silent } from "../../silent-log.ts";

const suite = "executor on a real agent";
const master = requireServer(suite, await startMaster());

const node = "deno" in process.versions ? "node" : process.execPath;
const executor = fileURLToPath(new URL("../../../../runtime/mesos/executor.ts", import.meta.url));
const scalars = (cpus: number, mem: number): readonly Resource[] => [
  { kind: "scalar", name: "cpus", amount: cpus, isPlain: true },
  { kind: "scalar", name: "mem", amount: mem, isPlain: true },
];
const command = { value: `exec '${node}' --import '${import.meta.resolve("tsx")}' '${executor}'` };
const executorInfo: ExecutorInfo = { id: "both", command, resources: scalars(100, 64_000) };
const taskFor = ({ agentId }: Offer, id: string, value: string): TaskInfo => ({
  id,
  name: id,
  agentId,
  resources: scalars(100, 32_000),
  executor: executorInfo,
  data: encodeCommandProgram({ value }),
});

if (master) {
  test(`${suite}: tasks outlive the agent, and what ended without it is told when it is back`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "femtoq-real-agent-"));
    t.after(() => rm(folder, { recursive: true, force: true }));
    t.after(() => master.stop());
    // The agent waits so long in any case; a busy machine gets more than the usual two seconds.
    const agent = await startAgent({ master, environment: { MESOS_EXECUTOR_REREGISTRATION_TIMEOUT: "4secs" } });
    t.after(() => agent.stop());
    const connection = openSchedulerConnection({
      leaders: listedMasters([new URL(master.url)]),
      framework: {
        user: "",
        name: "test",
        failoverTimeout: 60,
        checkpoint: true,
        roles: ["*"],
        capabilities: ["MULTI_ROLE", "PARTITION_AWARE"],
      },
      log: silent,
    });
    t.after(() => connection.close());
    const events = connection.events[Symbol.asyncIterator]();
    /** The states by uuid, since an agent that comes back sends updates again if it does not know that they arrived. */
    const states = new Map<string, string>();

    async function next(): Promise<SchedulerEvent | Disconnected> {
      const { value, done } = await events.next();
      assert.ok(!done);
      return value;
    }

    /** Acknowledges what comes until this does. */
    async function told(taskId: string, state: TaskStatus["state"]): Promise<TaskStatus> {
      for (;;) {
        const event = await next();
        if (event.kind !== "update") continue;
        const { status } = event;
        if (status.uuid !== undefined) {
          states.set(status.uuid, `${status.taskId} ${status.state}`);
          await connection.send({ kind: "acknowledge", taskId: status.taskId, agentId: status.agentId!, uuid: status.uuid });
        }
        if (status.taskId === taskId && status.state === state && status.uuid !== undefined) return status;
      }
    }

    let event = await next();
    while (event.kind !== "offers") event = await next();
    const [offer] = event.offers as [Offer];
    const waits = `until [ -e '${folder}/go' ]; do sleep 0.05; done; exit 0`;
    const launch = [taskFor(offer, "ends", waits), taskFor(offer, "stays", "while :; do sleep 0.05; done")];
    await connection.send({ kind: "accept", offerIds: [offer.id], launch });
    const running = await told("ends", "TASK_RUNNING");
    assert.deepEqual([running.source, running.executorId], ["SOURCE_EXECUTOR", "both"]);
    if (![...states.values()].includes("stays TASK_RUNNING")) await told("stays", "TASK_RUNNING");

    await agent.kill();
    await writeFile(join(folder, "go"), "");
    await agent.restart();
    assert.equal((await told("ends", "TASK_FINISHED")).source, "SOURCE_EXECUTOR");
    await connection.send({ kind: "kill", taskId: "stays", agentId: offer.agentId });
    assert.equal((await told("stays", "TASK_KILLED")).source, "SOURCE_EXECUTOR");
    assert.deepEqual([...states.values()].toSorted(), [
      "ends TASK_FINISHED",
      "ends TASK_RUNNING",
      "stays TASK_KILLED",
      "stays TASK_RUNNING",
    ]);
    // The executor ends by itself when everything is reported.
    for (event = await next(); event.kind !== "failure"; event = await next());
    assert.deepEqual([event.failure.executorId, event.failure.waitStatus], ["both", 0]);
    await connection.send({ kind: "teardown" });
  });
}

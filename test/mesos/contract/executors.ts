import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { commandTask, type Json, RawScheduler, scalar } from "./raw-scheduler.ts";
import type { TestedMesos } from "./tested-mesos.ts";

const program = fileURLToPath(new URL("./raw-executor.mjs", import.meta.url));
const node = "deno" in process.versions ? "node" : process.execPath;

/** Tests an executor of the framework, which runs each task until it is told to end, and echoes messages; and ports. */
export function testExecutors({ name, url, agents }: TestedMesos): void {
  const open = async (t: { after(action: () => unknown): void }) => {
    const scheduler = new RawScheduler(url);
    await scheduler.subscribe();
    t.after(() => scheduler.call("TEARDOWN"));
    return scheduler;
  };
  const executor = (more: Json = {}) => ({
    executor_id: { value: "echo" },
    command: { value: `exec '${node}' '${program}'` },
    resources: [scalar("cpus", 0.5), scalar("mem", 64)],
    ...more,
  });
  const executorTask = (offer: Json, id: string, more: Json = {}) =>
    commandTask(offer, id, "", { command: undefined, executor: executor(), ...more });
  const amount = (offer: Json, wanted: string) =>
    offer.resources.filter((each: Json) => each.name === wanted).reduce((sum: number, { scalar }: Json) => sum + scalar.value, 0);

  test(`${name} gives an executor its own resources once, carries messages both ways, and shuts it down`, async (t) => {
    const scheduler = await open(t);
    const offer = await scheduler.offer(agents[0]!.id);
    await scheduler.launch(offer, [executorTask(offer, "1"), executorTask(offer, "2")], { refuse_seconds: 0 });
    for (const id of ["1", "2"]) {
      const running = await scheduler.update(id, "TASK_RUNNING");
      assert.deepEqual([running.source, running.executor_id], ["SOURCE_EXECUTOR", { value: "echo" }]);
      await scheduler.acknowledge(running);
    }
    const rest = await scheduler.offer(agents[0]!.id, scheduler.offers.indexOf(offer) + 1);
    assert.deepEqual([amount(rest, "cpus"), amount(rest, "mem")], [2 - 0.5 - 2 * 0.1, 1024 - 64 - 2 * 32]);
    assert.deepEqual(rest.executor_ids, [{ value: "echo" }]);
    // Executors with one name must be completely equal.
    const other = executor({ resources: [scalar("cpus", 0.6), scalar("mem", 64)] });
    await scheduler.launch(rest, [executorTask(rest, "3", { executor: other })]);
    assert.match((await scheduler.update("3", "TASK_ERROR")).message, /ExecutorInfo/);
    const ids = { agent_id: { value: agents[0]!.id }, executor_id: { value: "echo" } };
    const data = Buffer.from("data with a \0 byte").toString("base64");
    await scheduler.call("MESSAGE", { ...ids, data });
    const message = await scheduler.until(() => scheduler.events.find(({ type }) => type === "MESSAGE"), "the message back");
    assert.deepEqual(message.message, { ...ids, data });
    await scheduler.call("SHUTDOWN", ids);
    for (const id of ["1", "2"]) await scheduler.acknowledge(await scheduler.update(id, "TASK_KILLED"));
    const failure = await scheduler.until(() => scheduler.events.find(({ type }) => type === "FAILURE"), "the executor's end");
    assert.deepEqual([failure.failure.executor_id, failure.failure.agent_id], [ids.executor_id, ids.agent_id]);
  });

  test(`${name} offers ports as ranges, of which those that a task has are missing`, async (t) => {
    const scheduler = await open(t);
    const ports = (from: Json) => from.resources.find((each: Json) => each.name === "ports")?.ranges.range;
    const offer = await scheduler.offer(agents[0]!.id);
    assert.deepEqual(ports(offer), [{ begin: 31_000, end: 31_100 }]);
    const taken = { name: "ports", type: "RANGES", ranges: { range: [{ begin: 31_050, end: 31_050 }] } };
    const none = { name: "ports", type: "RANGES", ranges: { range: [{ begin: 80, end: 80 }] } };
    const resources = (port: Json) => ({ resources: [scalar("cpus", 0.1), scalar("mem", 32), port] });
    const tasks = [commandTask(offer, "port", "sleep 100", resources(taken)), commandTask(offer, "no port", "true", resources(none))];
    await scheduler.launch(offer, tasks, { refuse_seconds: 0 });
    await scheduler.update("no port", "TASK_ERROR");
    await scheduler.update("port", "TASK_RUNNING");
    const rest = await scheduler.offer(agents[0]!.id, scheduler.offers.indexOf(offer) + 1);
    assert.deepEqual(ports(rest), [
      { begin: 31_000, end: 31_049 },
      { begin: 31_051, end: 31_100 },
    ]);
  });
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { commandTask, type Json, RawScheduler, scalar } from "./raw-scheduler.ts";
import type { TestedMesos } from "./tested-mesos.ts";

export function testTasks({ name, url, agents }: TestedMesos): void {
  const open = async (t: { after(action: () => unknown): void }) => {
    const scheduler = new RawScheduler(url);
    await scheduler.subscribe();
    t.after(() => scheduler.call("TEARDOWN"));
    return scheduler;
  };
  const reconcile = async (scheduler: RawScheduler, tasks: readonly Json[]) => {
    await scheduler.call("RECONCILE", { tasks });
  };
  const answers = (scheduler: RawScheduler, task: string) =>
    scheduler.updates(task).filter(({ reason }) => reason === "REASON_RECONCILIATION");

  test(`${name} tells a task's next state once the one before is acknowledged`, async (t) => {
    const scheduler = await open(t);
    const offer = await scheduler.offer();
    await scheduler.launch(offer, [commandTask(offer, "short", "true"), commandTask(offer, "other", "exit 3")]);
    const running = await scheduler.update("short", "TASK_RUNNING");
    assert.equal(running.source, "SOURCE_EXECUTOR");
    assert.equal(Buffer.from(running.uuid, "base64").length, 16);
    // The other task ends meanwhile, so that this one has, too.
    await scheduler.acknowledge(await scheduler.update("other", "TASK_RUNNING"));
    await scheduler.update("other", "TASK_FAILED");
    assert.equal(scheduler.updates("short").length, 1);
    const wrong = { ...running, uuid: "AAAAAAAAQACAAAAAAAAAAA==" };
    assert.equal((await scheduler.acknowledge(wrong)).status, 202);
    await scheduler.acknowledge(running);
    const finished = await scheduler.update("short", "TASK_FINISHED");
    assert.notEqual(finished.uuid, running.uuid);
    await scheduler.acknowledge(finished);
  });

  test(`${name} refuses tasks that are wrong one by one, by TASK_ERROR`, async (t) => {
    const scheduler = await open(t);
    const offer = await scheduler.offer(agents[0]!.id);
    const wrong: Readonly<Record<string, Json>> = {
      "no-resources": { resources: [] },
      "too-much": { resources: [scalar("cpus", 3), scalar("mem", 32)] },
      "another-agent": { agent_id: { value: "another" } },
      "neither command nor executor": { command: undefined },
      "both command and executor": { executor: { executor_id: { value: "e" }, command: { value: "true" } } },
      "a\u0001control character": {},
      "a/slash": {},
    };
    const tasks = Object.entries(wrong).map(([id, more]) => commandTask(offer, id, "true", more));
    await scheduler.launch(offer, [...tasks, commandTask(offer, "right", "sleep 100"), commandTask(offer, "right", "true")]);
    for (const id of Object.keys(wrong)) {
      const status = await scheduler.update(id, "TASK_ERROR");
      assert.deepEqual([status.source, status.reason, status.uuid], ["SOURCE_MASTER", "REASON_TASK_INVALID", undefined], id);
    }
    await scheduler.update("right", "TASK_ERROR");
    await scheduler.update("right", "TASK_RUNNING");
  });

  test(`${name} keeps a task's id taken until its end is acknowledged`, async (t) => {
    const scheduler = await open(t);
    const offer = await scheduler.offer(agents[0]!.id);
    await scheduler.launch(offer, [commandTask(offer, "one", "true")], { refuse_seconds: 0 });
    await scheduler.acknowledge(await scheduler.update("one", "TASK_RUNNING"));
    await scheduler.update("one", "TASK_FINISHED");
    const next = await scheduler.offer(agents[0]!.id, scheduler.offers.indexOf(offer) + 1);
    await scheduler.launch(next, [commandTask(next, "one", "true")]);
    const refused = await scheduler.update("one", "TASK_ERROR");
    assert.match(refused.message, /duplicate/i);
  });

  test(`${name} kills a task where it is told the right agent, or none, and answers for one that it does not know`, async (t) => {
    const scheduler = await open(t);
    const offer = await scheduler.offer(agents[0]!.id);
    await scheduler.launch(offer, [commandTask(offer, "long", "sleep 100")]);
    await scheduler.acknowledge(await scheduler.update("long", "TASK_RUNNING"));
    await scheduler.call("KILL", { task_id: { value: "long" }, agent_id: { value: agents[1]!.id } });
    await scheduler.call("KILL", { task_id: { value: "unknown" }, agent_id: { value: agents[1]!.id } });
    const unknown = await scheduler.update("unknown", "TASK_GONE");
    assert.equal(unknown.reason, "REASON_RECONCILIATION");
    assert.equal(scheduler.updates("long").length, 1);
    await scheduler.call("KILL", { task_id: { value: "long" }, agent_id: offer.agent_id });
    assert.equal((await scheduler.update("long", "TASK_KILLED")).source, "SOURCE_EXECUTOR");
  });

  test(`${name} answers each question about tasks once, without anything to acknowledge`, async (t) => {
    const scheduler = await open(t);
    const offer = await scheduler.offer(agents[0]!.id);
    await scheduler.launch(offer, [commandTask(offer, "runs", "sleep 100"), commandTask(offer, "ended", "true")]);
    await scheduler.acknowledge(await scheduler.update("runs", "TASK_RUNNING"));
    await scheduler.acknowledge(await scheduler.update("ended", "TASK_RUNNING"));
    await scheduler.update("ended", "TASK_FINISHED");
    await reconcile(scheduler, [
      { task_id: { value: "runs" }, agent_id: offer.agent_id },
      { task_id: { value: "ended" }, agent_id: offer.agent_id },
      { task_id: { value: "unknown here" }, agent_id: offer.agent_id },
      { task_id: { value: "unknown anywhere" } },
      { task_id: { value: "on another agent" }, agent_id: { value: "another" } },
    ]);
    const expected = {
      runs: "TASK_RUNNING",
      ended: "TASK_FINISHED",
      "unknown here": "TASK_GONE",
      "unknown anywhere": "TASK_UNKNOWN",
      "on another agent": "TASK_UNKNOWN",
    };
    for (const [task, state] of Object.entries(expected)) {
      const [answer] = await scheduler.until(
        () => answers(scheduler, task).length > 0 && answers(scheduler, task),
        `an answer for ${task}`,
      );
      assert.deepEqual([answer.state, answer.source, answer.uuid, answer.data], [state, "SOURCE_MASTER", undefined, undefined], task);
    }
    await reconcile(scheduler, []);
    await scheduler.until(() => answers(scheduler, "runs").length === 2 && answers(scheduler, "ended").length === 2, "answers for all");
    assert.equal(answers(scheduler, "unknown here").length, 1);
  });
}

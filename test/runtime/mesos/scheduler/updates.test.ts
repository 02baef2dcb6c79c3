import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskState as MesosState } from "../../../../runtime/mesos/protocol/shapes.ts";
import type { TaskState } from "../../../../runtime/mesos/scheduler/task.ts";
import { callsOf, idsOf, job, launched, offer, Played, status } from "./cluster.ts";

/** Plays a job that runs, one of whose states Mesos tells. */
function told(state: MesosState, more: { readonly reason?: string; readonly message?: string } = {}, attempts = 3): Played {
  const played = Played.subscribed();
  played.want(job("1", { attempts }));
  played.launch("1");
  played.on(status("1.1", "TASK_RUNNING"));
  played.on(status("1.1", state, more));
  return played;
}

for (const [state, reason, expected, failures] of [
  ["TASK_FINISHED", undefined, "successful", 0],
  ["TASK_FAILED", undefined, "pending", 1],
  ["TASK_FAILED", "REASON_CONTAINER_LIMITATION_MEMORY", "pending", 1],
  ["TASK_FAILED", "REASON_EXECUTOR_TERMINATED", "pending", 1],
  ["TASK_FAILED", "REASON_AGENT_RESTARTED", "pending", 0],
  ["TASK_KILLED", undefined, "pending", 1],
  ["TASK_KILLED", "REASON_AGENT_DRAINING", "pending", 0],
  ["TASK_DROPPED", "REASON_INVALID_OFFERS", "pending", 0],
  ["TASK_LOST", "REASON_INVALID_OFFERS", "pending", 0],
  ["TASK_GONE", undefined, "pending", 0],
  ["TASK_GONE_BY_OPERATOR", "REASON_AGENT_REMOVED_BY_OPERATOR", "pending", 0],
  ["TASK_LOST", "REASON_AGENT_REMOVED", "unreachable", 0],
  ["TASK_UNREACHABLE", "REASON_AGENT_REMOVED", "unreachable", 0],
  ["TASK_UNKNOWN", "REASON_RECONCILIATION", "unreachable", 0],
  ["TASK_ERROR", "REASON_TASK_INVALID", "failed", 0],
  ["TASK_STAGING", "REASON_RECONCILIATION", "running", 0],
] satisfies [MesosState, string | undefined, TaskState, number][]) {
  test(`updates: ${state} ${reason ?? "without a reason"} makes a running task ${expected}, having used ${failures} attempts`, () => {
    const task = told(state, reason === undefined ? {} : { reason }).task("1");
    assert.deepEqual([task.state, task.failures], [expected, failures]);
  });
}

test("updates: a task that fails is launched again with another id, after a pause that grows, and `attempts` times in all", () => {
  const played = Played.subscribed();
  played.want(job("1", { attempts: 3 }));
  const ids: string[] = [];
  const pauses: number[] = [];
  while (played.task("1").state === "pending") {
    const before = played.now;
    while (played.task("1").state === "pending") {
      ids.push(...idsOf(launched(played.offer(offer("a")))));
      if (played.task("1").state === "pending") played.pass(500);
    }
    pauses.push(played.now - before);
    played.on(status(ids.at(-1)!, "TASK_FAILED"));
  }
  assert.deepEqual(ids, ["1.1", "1.2", "1.3"]);
  assert.deepEqual(pauses, [0, 1_000, 2_000]);
  assert.deepEqual([played.task("1").state, played.task("1").attempt], ["failed", 3]);
});

for (const [end, expected] of [
  ["TASK_FINISHED", "successful"],
  ["TASK_FAILED", "failed"],
] as const) {
  test(`updates: of ${end} while its agent was away the agent's own update decides, with its cause and data`, () => {
    const played = told("TASK_UNREACHABLE", { reason: "REASON_AGENT_REMOVED" }, 1);
    played.on(status("1.1", end, { reason: "REASON_AGENT_REREGISTERED", message: "Unreachable agent re-registered" }));
    assert.equal(played.task("1").state, "running");
    const data = new Uint8Array([1]);
    const { news } = played.on(status("1.1", end, { message: "exited", data, uuid: "u" }));
    assert.equal(played.task("1").state, expected);
    assert.deepEqual(
      news.flatMap((each) => (each.kind === "task" ? [each.data] : [])),
      [data],
    );
    if (expected === "failed") assert.equal(played.task("1").cause, "failed: exited");
  });
}

test("updates: out of memory is told as such", () => {
  assert.match(told("TASK_FAILED", { reason: "REASON_CONTAINER_LIMITATION_MEMORY" }).task("1").cause!, /out of memory/);
});

test("updates: lost launches do not use up the attempts", () => {
  const played = Played.subscribed();
  played.want(job("1", { attempts: 1 }));
  for (let attempt = 1; attempt <= 5; attempt++) {
    played.pass(400_000);
    played.launch("1");
    played.on(status(`1.${attempt}`, "TASK_GONE"));
  }
  assert.equal(played.task("1").state, "pending");
});

test("updates: only one with a uuid is acknowledged, with the agent and uuid that it came with, and each time that it comes", () => {
  const played = Played.subscribed();
  played.want(job("1"));
  played.launch("1");
  assert.deepEqual(callsOf(played.on(status("1.1", "TASK_STAGING", { source: "SOURCE_MASTER" })), "acknowledge"), []);
  const running = status("1.1", "TASK_RUNNING", { uuid: "u1", agentId: "a" });
  for (let time = 0; time < 2; time++) {
    assert.deepEqual(callsOf(played.on(running), "acknowledge"), [{ kind: "acknowledge", taskId: "1.1", agentId: "a", uuid: "u1" }]);
  }
  const foreign = played.on(status("whose", "TASK_FINISHED", { uuid: "u2" }));
  assert.equal(callsOf(foreign, "acknowledge").length, 1);
});

test("updates: one that is told twice changes nothing the second time", () => {
  const played = told("TASK_FAILED");
  const before = played.task("1");
  assert.deepEqual(played.on(status("1.1", "TASK_FAILED")).records, []);
  assert.equal(played.task("1"), before);
});

test("updates: an unreachable task may come back, and is not launched a second time meanwhile", () => {
  const played = told("TASK_UNREACHABLE");
  played.pass(3_600_000);
  assert.deepEqual(launched(played.offer(offer("b"))), []);
  played.on(status("1.1", "TASK_RUNNING", { reason: "REASON_AGENT_REREGISTERED" }));
  assert.equal(played.task("1").state, "running");
  played.on(status("1.1", "TASK_FINISHED"));
  assert.equal(played.task("1").state, "successful");
});

test("updates: where it may be replaced, another is launched at once, and the old one is killed when it comes back", () => {
  const played = Played.subscribed();
  played.want(job("1", { whenUnreachable: "replace" }));
  played.launch("1");
  played.on(status("1.1", "TASK_UNREACHABLE"));
  assert.deepEqual(idsOf(launched(played.offer(offer("b")))), ["1.2"]);
  const back = played.on(status("1.1", "TASK_RUNNING", { agentId: "a" }));
  assert.deepEqual(callsOf(back, "kill"), [{ kind: "kill", taskId: "1.1", agentId: "a" }]);
  assert.equal(played.task("1").placement!.taskId, "1.2");
});

test("updates: a launch that was given up, but is there after all, is taken back as long as there is no other", () => {
  const played = told("TASK_GONE");
  played.on(status("1.1", "TASK_RUNNING"));
  assert.equal(played.task("1").state, "running");
  assert.deepEqual(launched(played.offer(offer("b"))), []);
});

test("updates: a task that nobody here knows is killed where it runs, and left where it has ended", () => {
  const played = Played.subscribed();
  assert.equal(callsOf(played.on(status("other.3", "TASK_RUNNING")), "kill").length, 1);
  assert.equal(callsOf(played.on(status("strange", "TASK_RUNNING")), "kill").length, 1);
  assert.equal(callsOf(played.on(status("other.3", "TASK_FINISHED")), "kill").length, 0);
});

test("updates: a task that neither master nor agent knows is given up, but not before long", () => {
  const played = told("TASK_UNKNOWN");
  played.pass(14 * 60_000);
  assert.equal(played.task("1").state, "unreachable");
  played.pass(2 * 60_000);
  assert.equal(played.task("1").state, "pending");
});

test("updates: those without data are as good as those with, and data reaches who wants the task", () => {
  const played = Played.subscribed();
  played.want(job("1"));
  played.launch("1");
  played.on(status("1.1", "TASK_RUNNING"));
  const data = Buffer.from("data with a \0 byte");
  const { news } = played.on(status("1.1", "TASK_FINISHED", { data }));
  assert.deepEqual(news, [{ kind: "task", task: played.task("1"), data }]);
});

test("unwant: a pending task is killed at once; a running one by KILL with its grace, again until it has ended, and after a new subscription", () => {
  const played = Played.subscribed();
  played.want(job("1", { killGrace: 2_000 }), job("2", { resources: { cpus: 99, mem: 1 } }));
  played.launch("1");
  const effects = played.on({ kind: "unwant", ids: ["1", "2"] });
  assert.deepEqual(callsOf(effects, "kill"), [{ kind: "kill", taskId: "1.1", agentId: "a", gracePeriod: 2_000_000_000n }]);
  assert.deepEqual([played.task("1").state, played.task("2").state], ["killing", "killed"]);
  assert.equal(callsOf(played.pass(10_000), "kill").length, 1);
  played.on({ kind: "disconnected", reason: "gone" });
  assert.equal(callsOf(played.subscribe(), "kill").length, 1);
  played.on(status("1.1", "TASK_KILLED"));
  assert.equal(played.task("1").state, "killed");
  assert.equal(callsOf(played.pass(600_000), "kill").length, 0);
});

test("unwant: a task that ends well before the kill reaches it is successful", () => {
  const played = told("TASK_RUNNING");
  played.on({ kind: "unwant", ids: ["1"] });
  played.on(status("1.1", "TASK_FINISHED"));
  assert.equal(played.task("1").state, "successful");
});

test("forget: an ended task is gone from the record, a live one stays", () => {
  const played = told("TASK_FINISHED");
  played.want(job("2"));
  assert.deepEqual(played.on({ kind: "forget", ids: ["1", "2"] }).records, [{ kind: "remove", id: "1" }]);
});

test("updates: neither the loss of an executor nor that of an agent changes a task: updates do", () => {
  const played = told("TASK_RUNNING");
  played.on({ kind: "failure", failure: { agentId: "a", executorId: "e", waitStatus: 9 } });
  played.on({ kind: "failure", failure: { agentId: "a" } });
  assert.equal(played.task("1").state, "running");
});

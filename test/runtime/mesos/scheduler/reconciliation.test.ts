import assert from "node:assert/strict";
import { test } from "node:test";
import type { Effects } from "../../../../runtime/mesos/scheduler/scheduler-state.ts";
import { callsOf, idsOf, job, launched, offer, Played, status } from "./cluster.ts";

const questions = (effects: Effects) => callsOf(effects, "reconcile").map(({ tasks }) => tasks);
const about = [{ taskId: "1.1", agentId: "a" }];

function launchedOne(): Played {
  const played = Played.subscribed();
  played.want(job("1"));
  played.launch("1");
  return played;
}

test("reconciliation: after each subscription every launched task is asked about by name, then all", () => {
  const played = launchedOne();
  played.on({ kind: "disconnected", reason: "gone" });
  assert.deepEqual(questions(played.subscribe()), [about, []]);
});

test("reconciliation: a record of another process is asked about as well", () => {
  const before = launchedOne();
  const played = new Played({ recorded: [...before.state.tasks.values()] });
  assert.deepEqual(questions(played.subscribe()), [about, []]);
});

test("reconciliation: what is not answered is asked again with pauses that double up to two minutes, and what is answered is not", () => {
  const played = launchedOne();
  played.on({ kind: "disconnected", reason: "gone" });
  played.subscribe();
  const start = played.now;
  const times: number[] = [];
  while (played.now - start < 600_000) if (questions(played.pass(500)).length > 0) times.push((played.now - start) / 1000);
  assert.deepEqual(times.slice(0, 8), [2, 6, 14, 30, 62, 126, 246, 366]);
  played.on(status("1.1", "TASK_RUNNING"));
  assert.deepEqual(questions(played.pass(240_000)), []);
});

test("reconciliation: a launch of which nothing is heard is asked about, and launched anew once it is known to be gone", () => {
  const played = launchedOne();
  assert.deepEqual(questions(played.pass(59_000)), []);
  assert.deepEqual(questions(played.pass(2_000)), [about]);
  played.on(status("1.1", "TASK_GONE", { reason: "REASON_RECONCILIATION" }));
  assert.deepEqual(idsOf(launched(played.offer(offer("b")))), ["1.2"]);
});

test("reconciliation: all is compared every quarter of an hour", () => {
  const played = launchedOne();
  played.on(status("1.1", "TASK_RUNNING"));
  assert.deepEqual(questions(played.pass(14 * 60_000)), []);
  assert.deepEqual(questions(played.pass(2 * 60_000)).slice(0, 2), [about, []]);
});

test("reconciliation: without a connection nothing is asked, killed or revived", () => {
  const played = launchedOne();
  played.on({ kind: "disconnected", reason: "gone" });
  assert.deepEqual(played.want(job("2")).calls, []);
  assert.deepEqual(played.on({ kind: "unwant", ids: ["1"] }).calls, []);
  assert.deepEqual(played.pass(1_000_000).calls, []);
});

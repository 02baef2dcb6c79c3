import assert from "node:assert/strict";
import { test } from "node:test";
import { describeNodeKind, nodeTask } from "../../../../runtime/mesos/nodes/node-task.ts";
import { type Crashes, describeCrashes, noCrashes, planNodes, type Situation } from "../../../../runtime/mesos/nodes/plan-nodes.ts";
import type { Task, TaskState } from "../../../../runtime/mesos/scheduler/task.ts";
import { readConfig } from "../../../../runtime/start/config/config.ts";

const args = ["--role", "mesos", "--mesos", "m:5050", "--zookeeper", "z:2181", "--mongodb", "mongodb://m/f"];
const kind = describeNodeKind(readConfig(args, {}));
const newer = describeNodeKind(readConfig([...args, "--node-version", "2"], {}));
const second = 1_000;
const minute = 60_000;

let names = 0;
function node(
  state: TaskState,
  more: Partial<Task> & { readonly on?: string; readonly of?: typeof kind; readonly avoided?: string[] } = {},
): Task {
  const { on = "a", of = kind, avoided = [], ...rest } = more;
  const wanted = nodeTask(of, { name: `${names++}`, avoided, preferred: [] });
  const placement = { taskId: `${wanted.id}.1`, agentId: on, hostname: on, ports: [] };
  return { wanted, state, attempt: 1, failures: 0, setbacks: 0, since: 0, ...(state !== "pending" && { placement }), ...rest };
}

const plan = (tasks: readonly Task[], more: Partial<Situation> = {}) =>
  planNodes({
    tasks,
    crashes: noCrashes,
    count: 2,
    kind,
    hasJoined: () => true,
    maintenanceOf: () => undefined,
    now: 20 * minute,
    ...more,
  });

const idsOf = (...tasks: readonly Task[]) => tasks.map(({ wanted }) => wanted.id);

test("planNodes starts what is missing", () => {
  assert.equal(plan([]).start, 2);
  assert.equal(plan([node("running")]).start, 1);
  assert.deepEqual(plan([node("pending"), node("staging")]), { start: 0, drain: [], forget: [], crashes: noCrashes, avoided: [] });
});

test("planNodes drains what is too many: what does not run yet first, then the youngest", () => {
  const pending = node("pending");
  const young = node("running", { since: 5 });
  const old = node("running", { since: 1 });
  const older = node("running", { since: 0 });
  assert.deepEqual(plan([pending, young, old, older]).drain, idsOf(young, pending));
});

test("planNodes starts another node at once for an unreachable one, and drains one when that returns", () => {
  const lost = node("unreachable", { since: 3 });
  const left = node("running");
  assert.equal(plan([lost, left]).start, 1);
  const replacement = node("running", { since: 9 });
  assert.equal(plan([lost, left, replacement]).drain.length, 0);
  assert.deepEqual(plan([{ ...lost, state: "running" }, left, replacement]).drain, idsOf(replacement));
});

test("planNodes counts a node that is being drained as gone, and does not ask again", () => {
  const steps = plan([node("killing"), node("running"), node("running")]);
  assert.deepEqual([steps.start, steps.drain], [0, []]);
});

test("planNodes forgets what has ended, and takes what was killed for no crash", () => {
  const killed = node("killed");
  const steps = plan([killed]);
  assert.deepEqual(steps.forget, idsOf(killed));
  assert.equal(steps.start, 2);
  assert.equal(steps.crashes.count, 0);
});

test("planNodes waits longer after each crash, at most five minutes, and forgets crashes after ten minutes without", () => {
  let crashes: Crashes = noCrashes;
  let now = 20 * minute;
  const waits = Array.from({ length: 12 }, () => {
    const steps = plan([node("failed", { since: now, cause: "exited with status 1" })], { crashes, now });
    crashes = steps.crashes;
    assert.equal(steps.start, 0);
    assert.equal(plan([], { crashes, now: crashes.until }).start, 2);
    const wait = crashes.until - now;
    now = crashes.until;
    return wait / second;
  });
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
  assert.equal(crashes.cause, "exited with status 1");
  assert.equal(plan([], { crashes, now: now + 11 * minute }).crashes.count, 0);
});

test("planNodes avoids an agent where a second node crashed, for a while, and no other", () => {
  const now = 20 * minute;
  const first = plan([node("failed", { since: now, on: "bad" })], { now });
  assert.deepEqual(first.avoided, []);
  const next = plan([node("failed", { since: now, on: "bad" }), node("running", { on: "good" })], { now, crashes: first.crashes });
  assert.deepEqual(next.avoided, ["bad"]);
  assert.deepEqual(plan([], { crashes: next.crashes, now: now + 2 * minute }).avoided, []);
});

test("describeCrashes tells of the pause, and of agents that are avoided after it", () => {
  const now = 20 * minute;
  const crashed = () => node("failed", { since: now, on: "bad", cause: "exited with status 1" });
  const once = plan([crashed()], { now }).crashes;
  assert.deepEqual(describeCrashes(once, now), ["nodes crashed 1 times in a row, the next one is started in 1 s: exited with status 1"]);
  assert.deepEqual(describeCrashes(once, now + minute), []);
  const twice = plan([crashed()], { now, crashes: once }).crashes;
  const avoided = "nodes crashed again and again on bad, so none is started there for a while";
  assert.deepEqual(describeCrashes(twice, now + 30 * second), [avoided]);
  assert.deepEqual(describeCrashes(twice, now + 2 * minute), []);
});

test("planNodes asks anew for what waits where agents to avoid are others now", () => {
  const now = 20 * minute;
  const agents = new Map([["bad", { count: 2, at: now }]]);
  const crashes = { ...noCrashes, agents };
  const before = node("pending");
  assert.deepEqual(plan([before, node("running")], { now, crashes }), {
    start: 1,
    drain: idsOf(before),
    forget: [],
    crashes,
    avoided: ["bad"],
  });
  const after = node("pending", { avoided: ["bad"] });
  assert.deepEqual(plan([after, node("running")], { now, crashes }).drain, []);
  assert.deepEqual(plan([after, node("running")], { now: now + 30 * minute, crashes }).drain, idsOf(after));
});

test("planNodes drains a node in the five minutes before its agent's maintenance, and starts another", () => {
  const now = 20 * minute;
  const staying = node("running");
  const leaving = node("running", { on: "serviced" });
  const maintenanceOf = (agentId: string) => (agentId === "serviced" ? now + 10 * minute : undefined);
  assert.deepEqual(plan([staying, leaving], { maintenanceOf, now }).drain, []);
  const steps = plan([staying, leaving], { maintenanceOf, now: now + 5 * minute });
  assert.deepEqual([steps.drain, steps.start], [idsOf(leaving), 1]);
});

test("planNodes replaces nodes of another version one by one", () => {
  const old = [node("running"), node("running", { since: 1 })];
  const first = plan(old, { kind: newer });
  assert.deepEqual([first.start, first.drain], [0, idsOf(old[1]!)]);
  const draining = plan([old[0]!, { ...old[1]!, state: "killing" }], { kind: newer });
  assert.deepEqual([draining.start, draining.drain], [1, []]);
  const replacement = node("staging", { of: newer });
  assert.deepEqual(plan([old[0]!, replacement], { kind: newer }).drain, []);
  const running: Task = { ...replacement, state: "running" };
  assert.deepEqual(plan([old[0]!, running], { kind: newer, hasJoined: (task) => task !== running }).drain, []);
  assert.deepEqual(plan([old[0]!, running], { kind: newer }).drain, idsOf(old[0]!));
});

test("planNodes asks at once for the new version where the old one does not run yet", () => {
  const old = node("pending");
  assert.deepEqual(plan([old], { kind: newer, count: 1 }), { start: 1, drain: idsOf(old), forget: [], crashes: noCrashes, avoided: [] });
});

test("a node's task tells neither passwords nor what has them, and its memory is less than the task's", () => {
  const secret = ["--node-secrets", "/etc/femtoq-secrets", "--zookeeper-auth", "physics:hunter2", "--node-mem", "4096"];
  const config = readConfig(
    ["--role", "mesos", "--mesos", "zk://a:pw@z/mesos", "--zookeeper", "z:2181", "--mongodb", "mongodb://u:hunter2@m/f", ...secret],
    {},
  );
  const task = JSON.stringify(nodeTask(describeNodeKind(config), { name: "1", avoided: [], preferred: [] }));
  const payload = Buffer.from(/"payload":"([^"]+)"/.exec(task)![1]!, "base64").toString();
  assert.doesNotMatch(task + payload, /hunter2|:pw@/);
  assert.match(payload, /"--secrets","\/etc\/femtoq-secrets"/);
  assert.match(payload, /"--memory","3744MiB"/);
});

test("what a node is told changes its version, and nothing else does", () => {
  assert.equal(describeNodeKind(readConfig([...args, "--nodes", "0..3", "--port", "9"], {})).version, kind.version);
  for (const change of [
    ["--node-mem", "2048"],
    ["--node-uri", "http://x/y.tgz"],
    ["--node-command", "x"],
    ["--session-timeout", "9s"],
    ["--node-version", "2"],
  ]) {
    assert.notEqual(describeNodeKind(readConfig([...args, ...change], {})).version, kind.version);
  }
});

test("a process with the role mesos needs to know where Mesos is, and how nodes come by passwords", () => {
  assert.throws(
    () =>
      readConfig(
        args.filter((word) => word !== "--mesos" && word !== "m:5050"),
        {},
      ),
    /give --mesos too/,
  );
  assert.throws(() => readConfig([...args, "--zookeeper-auth", "a:b"], {}), /would show in Mesos' pages.*--node-secrets/);
});

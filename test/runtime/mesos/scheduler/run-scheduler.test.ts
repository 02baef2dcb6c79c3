/** Tests what carries out the scheduler's decisions: nothing is told to Mesos or to others before it is durable. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SchedulerCall } from "../../../../runtime/mesos/protocol/calls.ts";
import { type Disconnected, MesosError, type SchedulerConnection } from "../../../../runtime/mesos/protocol/connection.ts";
import type { SchedulerEvent } from "../../../../runtime/mesos/protocol/events.ts";
import type { Offer, TaskStatus } from "../../../../runtime/mesos/protocol/shapes.ts";
import type { SchedulerRecord } from "../../../../runtime/mesos/record/scheduler-record.ts";
import { runScheduler } from "../../../../runtime/mesos/scheduler/run-scheduler.ts";
import type { WantedTask } from "../../../../runtime/mesos/scheduler/wanted-task.ts";
import { until } from "../../../support/until.ts";
import { silent } from "../../silent-log.ts";

type Told = SchedulerEvent | Disconnected;

/** Makes a master and a record whose answers a test decides, and which remember all calls in one list. */
function stage() {
  const asked: string[] = [];
  let tell: (event: Told | Error) => void = () => undefined;
  const told: (Told | Error)[] = [];
  let isClosed = false;
  let isConnected = true;
  async function* events(): AsyncGenerator<Told> {
    while (!isClosed) {
      const next = told.shift();
      if (next instanceof Error) throw next;
      if (next) yield next;
      else
        await new Promise<void>((resolve) => {
          tell = () => resolve();
        });
    }
  }
  const connection: SchedulerConnection = {
    events: events(),
    async send(call: SchedulerCall) {
      if (!isConnected) throw new MesosError("disconnected", "away");
      asked.push(call.kind);
    },
    async close() {
      isClosed = true;
      tell(new Error("closed"));
    },
  };
  const writes: { readonly settle: (error?: Error) => void }[] = [];
  const lost = new AbortController();
  const record: SchedulerRecord = {
    frameworkId: undefined,
    tasks: [],
    write(changes) {
      for (const change of changes) asked.push(change.kind === "put" ? `put ${change.task.wanted.id} ${change.task.state}` : change.kind);
      return new Promise((resolve, reject) => writes.push({ settle: (error) => (error ? reject(error) : resolve()) }));
    },
    async clear() {
      asked.push("clear");
    },
    lost: lost.signal,
    async close() {
      asked.push("close");
    },
  };
  return {
    asked,
    lost,
    open: () => runScheduler({ record, connect: () => connection, log: silent }),
    setConnected: (is: boolean) => {
      isConnected = is;
    },
    say(...events: readonly (Told | Error)[]) {
      told.push(...events);
      for (const event of events) tell(event);
    },
    /** Lets the write that is under way succeed, or fail. */
    async settle(error?: Error) {
      await until(() => writes.length > 0);
      writes.shift()!.settle(error);
    },
    unread: () => told.length,
    /** Returns the calls since the last time. */
    take: () => asked.splice(0),
  };
}

const subscribed: Told = { kind: "subscribed", frameworkId: "F-0", heartbeatSeconds: 15, master: "m:5050" };
const wanted: WantedTask = {
  id: "a",
  resources: { cpus: 1, mem: 32 },
  run: { kind: "command", command: { value: "true" } },
  attempts: 1,
};
const offer: Offer = {
  id: "O1",
  agentId: "S0",
  hostname: "h",
  role: "*",
  resources: (["cpus", "mem"] as const).map((name) => ({ kind: "scalar", name, amount: 100_000, isPlain: true })),
  attributes: [],
  executorIds: [],
};
const update = (state: TaskStatus["state"]): Told => ({
  kind: "update",
  status: { taskId: "a.1", state, source: "SOURCE_EXECUTOR", agentId: "S0", uuid: "uu==" },
});

/** Long enough for what should not happen to have happened: no time, but all that was ready to run. */
const turns = async () => {
  for (let each = 0; each < 20; each++) await new Promise((resolve) => setImmediate(resolve));
};

async function begin() {
  const all = stage();
  all.say(subscribed);
  const opening = all.open();
  await all.settle();
  const scheduler = await opening;
  const wanting = scheduler.want([wanted]);
  await all.settle();
  await wanting;
  await turns();
  all.take();
  return { ...all, scheduler };
}

test("the framework's id is durable before the scheduler is there, and before any call", async () => {
  const { asked, open, say, settle } = stage();
  let isOpen = false;
  const opening = open().then((scheduler) => {
    isOpen = true;
    return scheduler;
  });
  say(subscribed);
  await until(() => asked.length > 0);
  await turns();
  assert.deepEqual([asked, isOpen], [["framework"], false]);
  await settle();
  const scheduler = await opening;
  assert.equal(scheduler.frameworkId, "F-0");
  await until(() => asked.includes("reconcile"));
  await scheduler.stop();
});

test("a task is wanted once that is durable", async () => {
  const { open, say, settle, take } = stage();
  say(subscribed);
  const opening = open();
  await settle();
  const scheduler = await opening;
  await turns();
  take();
  let isWanted = false;
  const wanting = scheduler.want([wanted]).then(() => {
    isWanted = true;
  });
  await turns();
  assert.deepEqual([take(), isWanted], [["put a pending"], false]);
  await settle();
  await wanting;
  await scheduler.stop();
});

test("a launch is durable before ACCEPT, and a state before its acknowledgement and before others hear of it", async () => {
  const { asked, say, settle, take, scheduler } = await begin();
  const news: string[] = [];
  scheduler.follow((each) => each.kind === "task" && news.push(each.task.state));
  for (const [event, put, call, state] of [
    [{ kind: "offers", offers: [offer] }, "put a staging", "accept", "staging"],
    [update("TASK_RUNNING"), "put a running", "acknowledge", "running"],
    [update("TASK_FINISHED"), "put a successful", "acknowledge", "successful"],
  ] as const) {
    say(event);
    await until(() => asked.includes(put));
    await turns();
    assert.deepEqual([asked.includes(call), news.includes(state)], [false, false], put);
    await settle();
    await until(() => asked.includes(call) && news.includes(state));
    take();
  }
  // A second copy changes nothing, and is acknowledged at once.
  say(update("TASK_FINISHED"));
  await until(() => asked.includes("acknowledge"));
  assert.deepEqual(take(), ["acknowledge"]);
  await scheduler.stop();
});

test("while the record is slow no more events are read than a thousand", async () => {
  const { say, settle, unread, scheduler } = await begin();
  say({ kind: "offers", offers: [offer] }, ...Array.from({ length: 5_000 }, () => update("TASK_RUNNING")));
  await until(() => unread() < 4_500);
  await turns();
  assert.ok(unread() > 3_500);
  await settle();
  await settle();
  await until(() => unread() === 0);
  await scheduler.stop();
});

test("what was decided for a subscription that is over is not said in the next one", async () => {
  const { asked, say, settle, take, scheduler } = await begin();
  say({ kind: "offers", offers: [offer] });
  await until(() => asked.includes("put a staging"));
  say({ kind: "disconnected", reason: "test" }, subscribed);
  await turns();
  await settle();
  // Its launch is asked about instead.
  await until(() => asked.filter((each) => each === "reconcile").length === 2);
  assert.ok(!take().includes("accept"));
  await scheduler.stop();
});

test("a scheduler that cannot write, or whose record somebody else has, ends and says no more", async () => {
  const broken = await begin();
  broken.say({ kind: "offers", offers: [offer] });
  await broken.settle(new Error("disk full"));
  assert.deepEqual(await broken.scheduler.ended, { kind: "refused", message: "disk full" });
  assert.ok(!broken.take().includes("accept"));

  const replaced = await begin();
  replaced.lost.abort();
  assert.equal((await replaced.scheduler.ended).kind, "lost");
  replaced.say({ kind: "offers", offers: [offer] });
  await turns();
  assert.deepEqual(replaced.take(), ["close"]);
});

test("a scheduler whose record is lost while it writes, or as it ends the framework, says that it is lost", async () => {
  const writing = await begin();
  writing.say({ kind: "offers", offers: [offer] });
  await until(() => writing.asked.includes("put a staging"));
  writing.lost.abort();
  await writing.settle(new Error("the session is over"));
  assert.equal((await writing.scheduler.ended).kind, "lost");
  const ending = await begin();
  const done = ending.scheduler.teardown({ keepTasks: true });
  await until(() => ending.asked.includes("framework"), "the write after the teardown");
  ending.lost.abort();
  await ending.settle(new Error("the session is over"));
  await done;
  assert.equal((await ending.scheduler.ended).kind, "lost");
});

test("a scheduler whose framework another instance has, or that Mesos removed, ends by that", async () => {
  for (const [code, kind] of [
    ["failed-over", "replaced"],
    ["removed", "refused"],
  ] as const) {
    const { say, scheduler } = await begin();
    say(new MesosError(code, "told"));
    assert.deepEqual(await scheduler.ended, { kind, message: "told" });
    await assert.rejects(scheduler.want([wanted]), { code: "closed" });
  }
});

test("a teardown whose answer is lost is said again in the next subscription, and done where the framework is gone then", async () => {
  for (const next of [subscribed, new MesosError("removed", "gone")]) {
    const { asked, say, setConnected, take, scheduler } = await begin();
    setConnected(false);
    const done = scheduler.teardown();
    await turns();
    setConnected(true);
    assert.deepEqual(take(), []);
    say({ kind: "disconnected", reason: "test" }, next);
    await done;
    assert.equal((await scheduler.ended).kind, "torn-down");
    assert.deepEqual(
      asked.filter((each) => each === "teardown" || each === "clear"),
      next === subscribed ? ["teardown", "clear"] : ["clear"],
    );
  }
});

import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Outbox } from "../../../../runtime/mesos/executor/outbox.ts";
import { runExecutor } from "../../../../runtime/mesos/executor/run-executor.ts";
import { encodeCommandProgram, encodeNodeProgram } from "../../../../runtime/mesos/executor/task-program.ts";
import type { ExecutorCall, ExecutorStatus } from "../../../../runtime/mesos/protocol/calls.ts";
import type { Disconnected, ExecutorConnection } from "../../../../runtime/mesos/protocol/connection.ts";
import type { ExecutorEvent } from "../../../../runtime/mesos/protocol/events.ts";
import type { TaskInfo } from "../../../../runtime/mesos/protocol/shapes.ts";
import { until } from "../../../support/until.ts";

const log = { info() {}, warn() {}, error() {} };

/** An agent that acknowledges updates, unless a test says otherwise. */
class Agent implements ExecutorConnection {
  readonly calls: Exclude<ExecutorCall, { kind: "subscribe" }>[] = [];
  acknowledges = true;
  /** Calls do not arrive. */
  isAway = false;
  #events: (ExecutorEvent | Disconnected)[] = [];
  #wake: () => void = () => undefined;
  #isClosed = false;
  #refusal: Error | undefined;

  readonly events = this.#iterate();

  tell(...events: (ExecutorEvent | Disconnected)[]): void {
    this.#events.push(...events);
    this.#wake();
  }

  /** The connection ends for good. */
  refuse(refusal: Error): void {
    this.#refusal = refusal;
    this.#wake();
  }

  async send(call: Exclude<ExecutorCall, { kind: "subscribe" }>): Promise<void> {
    if (this.isAway) throw new Error("away");
    this.calls.push(call);
    if (call.kind === "update" && this.acknowledges) this.acknowledge(call.status);
  }

  acknowledge({ taskId, uuid }: ExecutorStatus): void {
    this.tell({ kind: "acknowledged", taskId, uuid });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake();
  }

  get updates(): readonly ExecutorStatus[] {
    return this.calls.flatMap((call) => (call.kind === "update" ? [call.status] : []));
  }

  get states(): readonly string[] {
    return this.updates.map(({ taskId, state }) => `${taskId} ${state}`);
  }

  async *#iterate(): AsyncGenerator<ExecutorEvent | Disconnected> {
    while (!this.#isClosed) {
      const event = this.#events.shift();
      if (event) yield event;
      else if (this.#refusal) throw this.#refusal;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

async function start({ checkpoint, longestWait = 60_000 }: { checkpoint?: number; longestWait?: number } = {}) {
  const sandbox = await mkdtemp(join(tmpdir(), "femtoq-sandbox-"));
  after(() => rm(sandbox, { recursive: true, force: true }));
  const agent = new Agent();
  const outbox = new Outbox({ executorId: "e", send: (status) => agent.send({ kind: "update", status }), log });
  const timeouts = checkpoint === undefined ? {} : { checkpoint: { recoveryTimeout: checkpoint, longestBackoff: 100 } };
  const ended = runExecutor({
    connection: agent,
    outbox,
    environment: { sandbox, shutdownGrace: 60_000, ...timeouts },
    childEnvironment: { PATH: process.env.PATH },
    nodeCommand: ["/bin/echo", "a node"],
    log,
    longestWait,
  });
  agent.tell({ kind: "subscribed", agentId: "a" });
  return { sandbox, agent, outbox, ended };
}

const taskOf = (id: string, data?: Uint8Array): TaskInfo => ({ id, name: id, agentId: "a", resources: [], ...(data && { data }) });
const shell = (id: string, value: string): TaskInfo => taskOf(id, encodeCommandProgram({ value }));
const forever = "while :; do sleep 0.02; done";

test("runExecutor tells of each task that it runs and that it ended, and ends after the last acknowledgement", async () => {
  const { agent, ended } = await start();
  agent.tell({ kind: "launch", tasks: [shell("good", "exit 0"), shell("bad", "exit 3"), shell("dead", "kill -SEGV $$")] });
  await ended;
  for (const [id, state, message] of [
    ["good", "TASK_FINISHED", "exited with status 0"],
    ["bad", "TASK_FAILED", "exited with status 3"],
    ["dead", "TASK_FAILED", "was ended by SIGSEGV"],
  ]) {
    const updates = agent.updates.filter(({ taskId }) => taskId === id);
    assert.deepEqual(
      updates.map((update) => update.state),
      ["TASK_RUNNING", state],
    );
    assert.equal(updates[1]!.message, message);
  }
});

test("every update has its source, its executor, a time, and a uuid of its own of 16 bytes", async () => {
  const { agent, ended } = await start();
  agent.tell({ kind: "launch", tasks: [shell("a", "exit 0"), shell("b", "exit 0")] });
  await ended;
  assert.equal(new Set(agent.updates.map(({ uuid }) => uuid)).size, 4);
  for (const { source, executorId, timestamp, uuid } of agent.updates) {
    assert.deepEqual([source, executorId], ["SOURCE_EXECUTOR", "e"]);
    assert.ok(Math.abs(timestamp! - Date.now() / 1000) < 600);
    const bytes = Buffer.from(uuid, "base64");
    assert.equal(bytes.length, 16);
    assert.equal(bytes[6]! >> 4, 4);
    assert.equal(bytes[8]! >> 6, 2);
  }
});

test("a KILL ends what a task runs, in the time that it gives, and it is told as killed", async () => {
  const { agent, ended, sandbox } = await start();
  const stubborn = shell("stubborn", `trap "" TERM; echo >up1; ${forever}`);
  agent.tell({ kind: "launch", tasks: [stubborn, shell("other", `trap "exit 0" TERM; echo >up2; ${forever}`)] });
  await until(async () => (await readdir(sandbox)).filter((name) => name.startsWith("up")).length === 2);
  agent.tell(
    { kind: "kill", taskId: "stubborn", gracePeriod: 10_000_000n },
    { kind: "kill", taskId: "other", gracePeriod: 60_000_000_000n },
  );
  agent.tell({ kind: "kill", taskId: "other" }, { kind: "kill", taskId: "nobody's" });
  await ended;
  const last = new Map(agent.updates.map(({ taskId, state, message }) => [taskId, `${state}: ${message}`]));
  assert.equal(last.get("stubborn"), "TASK_KILLED: was told to end, and was ended by SIGKILL");
  assert.equal(last.get("other"), "TASK_KILLED: was told to end, and exited with status 0");
  assert.equal(agent.updates.length, 4);
});

test("a SHUTDOWN ends all tasks, and they are told as killed before the executor ends", async () => {
  const { agent, ended } = await start();
  agent.tell({ kind: "launch", tasks: [shell("a", forever), shell("b", forever)] });
  await until(() => agent.updates.length === 2);
  agent.tell({ kind: "shutdown" });
  await ended;
  assert.deepEqual(agent.states.slice(2).sort(), ["a TASK_KILLED", "b TASK_KILLED"]);
});

test("an executor that is shut down before it has a task ends", async () => {
  const { agent, ended } = await start();
  agent.tell({ kind: "shutdown" });
  await ended;
  assert.deepEqual(agent.updates, []);
});

test("an acknowledgement that never comes does not keep the executor", async () => {
  const { agent, ended } = await start({ longestWait: 10 });
  agent.acknowledges = false;
  agent.tell({ kind: "launch", tasks: [shell("a", "exit 0")] });
  await ended;
  assert.deepEqual(agent.states, ["a TASK_RUNNING", "a TASK_FINISHED"]);
});

test("without checkpointing tasks end with the connection", async () => {
  const { agent, ended, sandbox } = await start();
  agent.tell({ kind: "launch", tasks: [shell("a", `trap "echo told >told; exit 0" TERM; echo >up; ${forever}`)] });
  const written = (file: string) => readFile(join(sandbox, file), "utf8").catch(() => "");
  await until(async () => (await written("up")) !== "");
  agent.isAway = true;
  agent.tell({ kind: "disconnected", reason: "test" });
  await ended;
  assert.equal(await written("told"), "told\n");
});

test("with checkpointing tasks outlive the connection, and what was not acknowledged is told again with the same uuids, in order", async () => {
  const { agent, outbox, ended } = await start({ checkpoint: 600_000 });
  agent.acknowledges = false;
  agent.tell({ kind: "launch", tasks: [shell("a", "exit 0"), taskOf("b", encodeCommandProgram({ value: forever }))] });
  await until(() => agent.updates.length === 3);
  agent.isAway = true;
  agent.tell({ kind: "disconnected", reason: "test" });
  agent.tell({ kind: "kill", taskId: "b", gracePeriod: 0n });
  await until(() => outbox.unacknowledgedUpdates.length === 4);
  assert.deepEqual(
    outbox.unacknowledgedTasks.map(({ id }) => id),
    ["a", "b"],
  );
  const before = outbox.unacknowledgedUpdates;
  agent.calls.length = 0;
  agent.isAway = false;
  agent.tell({ kind: "subscribed", agentId: "a" });
  await until(() => agent.updates.length === 4);
  assert.deepEqual(agent.updates, before);
  for (const status of agent.updates) agent.acknowledge(status);
  await ended;
});

test("where the agent refuses the executor no task goes on, and the refusal is told once they have ended", async () => {
  const { agent, ended, outbox } = await start({ checkpoint: 600_000 });
  agent.tell({ kind: "launch", tasks: [shell("a", forever)] });
  await until(() => agent.updates.length === 1);
  agent.isAway = true;
  agent.refuse(new Error("Executor cannot be found"));
  await assert.rejects(ended, /Executor cannot be found/);
  assert.equal(outbox.unacknowledgedUpdates.at(-1)!.state, "TASK_KILLED");
});

test("with checkpointing tasks end when the agent has not come back in its time", async () => {
  const { agent, ended, outbox } = await start({ checkpoint: 10 });
  agent.tell({ kind: "launch", tasks: [shell("a", forever)] });
  await until(() => agent.updates.length === 1);
  agent.isAway = true;
  agent.tell({ kind: "disconnected", reason: "test" });
  await ended;
  assert.equal(outbox.unacknowledgedUpdates.at(-1)!.state, "TASK_KILLED");
});

test("a task with data that is no program ends at once, its updates carry the data, and messages are answered with what they say until the shutdown", async () => {
  const { agent, ended } = await start();
  const data = new TextEncoder().encode("data with a \0 byte");
  agent.tell({ kind: "launch", tasks: [taskOf("a", data)] });
  await until(() => agent.updates.length === 2);
  assert.deepEqual(
    agent.updates.map((update) => update.data),
    [data, data],
  );
  agent.tell({ kind: "message", data }, { kind: "shutdown" });
  await ended;
  assert.deepEqual(agent.calls.at(-1), { kind: "message", data });
});

test("children get the task's environment and not the executor's secrets, and what they write is kept in the sandbox by task", async () => {
  const { agent, ended, sandbox } = await start();
  const data = encodeCommandProgram({ value: 'echo "$MESOS_TASK_ID|$GREETING"; echo oops >&2; env', environment: { GREETING: "hello" } });
  agent.tell({ kind: "launch", tasks: [taskOf("a", data), taskOf("node", encodeNodeProgram(["--role", "compute"]))] });
  await ended;
  const output = await readFile(join(sandbox, "a.stdout"), "utf8");
  assert.match(output, /^a\|hello\n/);
  assert.doesNotMatch(output, /TOKEN/);
  assert.equal(await readFile(join(sandbox, "a.stderr"), "utf8"), "oops\n");
  assert.equal(await readFile(join(sandbox, "node.stdout"), "utf8"), "a node --role compute\n");
});

test("a task that runs out of memory says so", async () => {
  const { agent, ended } = await start();
  const heap = `echo "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory" >&2; kill -ABRT $$`;
  agent.tell({ kind: "launch", tasks: [shell("heap", heap), shell("system", "kill -KILL $$")] });
  await ended;
  const last = new Map(agent.updates.map(({ taskId, message }) => [taskId, message]));
  assert.equal(last.get("heap"), "was ended by SIGABRT: out of memory");
  assert.equal(last.get("system"), "was ended by SIGKILL, as the system does where memory runs out");
});

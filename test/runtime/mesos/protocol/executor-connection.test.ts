/** An executor's connection with agents that answer as a test wants. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import type { ExecutorStatus } from "../../../../runtime/mesos/protocol/calls.ts";
import type { ExecutorConnection } from "../../../../runtime/mesos/protocol/connection.ts";
import { type ExecutorConnectionOptions, openExecutorConnection } from "../../../../runtime/mesos/protocol/executor-connection.ts";
import { silent } from "../../silent-log.ts";
import { record, type ScriptedServer, startScriptedServer } from "./scripted-server.ts";

type Answer = Parameters<typeof startScriptedServer>[0];

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function serve(answer: Answer): Promise<ScriptedServer> {
  const server = await startScriptedServer(answer);
  endings.push(() => server.stop());
  return server;
}

const path = "/slave(1)/api/v1/executor";

function connect(port: number, options: Partial<ExecutorConnectionOptions> = {}): ExecutorConnection {
  const connection = openExecutorConnection({
    frameworkId: "F",
    executorId: "e",
    agent: { host: "127.0.0.1", port, path },
    unacknowledged: () => ({ tasks: [], updates: [] }),
    log: silent,
    longestBackoff: 10,
    ...options,
  });
  endings.push(() => connection.close());
  return connection;
}

async function readAll(connection: ExecutorConnection): Promise<void> {
  for await (const _ of connection.events);
}

const subscribed = record({ type: "SUBSCRIBED", subscribed: { agent_info: { hostname: "h", id: { value: "S0" } } } });
const begin: Answer = (response) => response.writeHead(200, { "content-type": "application/json" }).write(subscribed);

test("what the agent may not know is told at each subscription, with the token and the same uuid", async () => {
  const status: ExecutorStatus = { taskId: "t", state: "TASK_RUNNING", source: "SOURCE_EXECUTOR", uuid: "qgAAAA==", executorId: "e" };
  let updates: readonly ExecutorStatus[] = [];
  const server = await serve((response, asked) => {
    if (asked.type === "UPDATE") return response.destroy();
    return begin(response, asked);
  });
  const connection = connect(server.port, { token: "t0ken", unacknowledged: () => ({ tasks: [], updates }) });
  const kinds: string[] = [];
  for await (const event of connection.events) {
    kinds.push(event.kind);
    if (kinds.length === 1) {
      updates = [status];
      await assert.rejects(connection.send({ kind: "update", status }), { code: "disconnected" });
    }
    if (kinds.length === 3) break;
  }
  assert.deepEqual(kinds, ["subscribed", "disconnected", "subscribed"]);
  const [first, update, second] = server.asked;
  assert.deepEqual(first!.body.subscribe, { unacknowledged_tasks: [], unacknowledged_updates: [] });
  assert.deepEqual((second!.body.subscribe as Record<string, unknown>).unacknowledged_updates, [update!.body.update]);
  for (const { request, body } of server.asked) {
    assert.equal(request.url, path);
    assert.equal(request.headers.authorization, "Bearer t0ken");
    assert.deepEqual([body.framework_id, body.executor_id], [{ value: "F" }, { value: "e" }]);
  }
});

test("an agent that recovers is asked again, and calls of the while are not sent", async () => {
  let recovering = 3;
  const server = await serve((response, asked) => {
    if (recovering-- > 0) response.writeHead(503).end("Agent has not finished recovery");
    else begin(response, asked);
  });
  const connection = connect(server.port);
  await assert.rejects(connection.send({ kind: "heartbeat" }), { code: "disconnected" });
  for await (const event of connection.events) {
    assert.deepEqual(event, { kind: "subscribed", agentId: "S0" });
    break;
  }
  assert.equal(server.asked.length, 4);
});

test("an update that comes while the agent recovers ends the subscription, and the next one tells it", async () => {
  const server = await serve((response, asked) => {
    if (asked.type === "SUBSCRIBE") return begin(response, asked);
    response.writeHead(503).end("Agent has not finished recovery");
  });
  const connection = connect(server.port);
  let subscriptions = 0;
  for await (const { kind } of connection.events) {
    if (kind !== "subscribed") continue;
    if (++subscriptions === 2) break;
    await assert.rejects(connection.send({ kind: "message", data: new Uint8Array() }), { code: "disconnected" });
  }
  assert.deepEqual(
    server.asked.map(({ type }) => type),
    ["SUBSCRIBE", "MESSAGE", "SUBSCRIBE"],
  );
});

test("an agent that knows nothing of the executor, or does not come, is told", async () => {
  const server = await serve((response) => response.writeHead(400).end("Executor cannot be found"));
  await assert.rejects(readAll(connect(server.port)), { code: "refused", message: /Executor cannot be found/ });
  await assert.rejects(readAll(connect(1, { startTimeout: 200 })), {
    code: "disconnected",
    message: /127\.0\.0\.1:1 within 200 ms: nobody listens there/,
  });
});

test("a stream may be silent, and the first subscription's time does not count for it", async () => {
  const server = await serve((response, asked) => {
    begin(response, asked);
    setTimeout(() => response.write(record({ type: "SHUTDOWN" })), 600);
  });
  const kinds: string[] = [];
  for await (const { kind } of connect(server.port, { startTimeout: 500 }).events) {
    kinds.push(kind);
    if (kind === "shutdown") break;
  }
  assert.deepEqual(kinds, ["subscribed", "shutdown"]);
});

test("over a domain socket the agent's own path is asked", { skip: process.platform === "win32" }, async () => {
  const socket = join(tmpdir(), `femtoq-agent-${process.pid}.sock`);
  const server = createServer((request, response) => {
    if (request.url === path) response.writeHead(200, { "content-type": "application/json" }).write(subscribed);
    else response.writeHead(403).end();
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  endings.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  for await (const { kind } of connect(1, { agent: { host: "agent", port: 1, path, socket } }).events) {
    assert.equal(kind, "subscribed");
    break;
  }
});

test("a connection that is closed ends its events without an error", async () => {
  const server = await serve(begin);
  const connection = connect(server.port);
  const kinds: string[] = [];
  for await (const { kind } of connection.events) {
    kinds.push(kind);
    void connection.close();
  }
  assert.deepEqual(kinds, ["subscribed"]);
});

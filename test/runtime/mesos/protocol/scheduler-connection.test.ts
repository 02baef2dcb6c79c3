/** A scheduler's connection with masters that answer as a test wants: what they see of it, and what becomes of it. */
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { listedMasters } from "../../../../runtime/mesos/leader/listed-masters.ts";
import type { Disconnected, MesosError, SchedulerConnection } from "../../../../runtime/mesos/protocol/connection.ts";
import type { SchedulerEvent } from "../../../../runtime/mesos/protocol/events.ts";
import { openSchedulerConnection, type SchedulerConnectionOptions } from "../../../../runtime/mesos/protocol/scheduler-connection.ts";
import { silent } from "../../silent-log.ts";
import { type Asked, beginStream, record, type ScriptedServer, startScriptedServer } from "./scripted-server.ts";

type Answer = Parameters<typeof startScriptedServer>[0];

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function serve(answer: Answer): Promise<ScriptedServer> {
  const server = await startScriptedServer(answer);
  endings.push(() => server.stop());
  return server;
}

function connect(urls: readonly string[], options: Partial<SchedulerConnectionOptions> = {}): SchedulerConnection {
  const connection = openSchedulerConnection({
    leaders: listedMasters(urls.map((url) => new URL(url))),
    framework: { user: "", name: "test", failoverTimeout: 60, checkpoint: false, roles: ["*"], capabilities: ["MULTI_ROLE"] },
    log: silent,
    backoff: { first: 5, longest: 20 },
    ...options,
  });
  endings.push(() => connection.close());
  return connection;
}

type Told = SchedulerEvent | Disconnected;

/** The kinds of events until one of these comes. */
async function until(connection: SchedulerConnection, last: (event: Told) => boolean): Promise<readonly string[]> {
  const kinds: string[] = [];
  for await (const event of connection.events) {
    kinds.push(event.kind);
    if (last(event)) break;
  }
  return kinds;
}

const endOf = async (connection: SchedulerConnection): Promise<MesosError> =>
  until(connection, () => false).then(
    () => assert.fail("it ended without an error"),
    (error) => error,
  );

const types = ({ asked }: ScriptedServer) => asked.map(({ type }) => type);

test("calls go out one after the other on one connection, with the stream's id, and SUBSCRIBE on another without", async () => {
  let busy = 0;
  const server = await serve((response, { type }) => {
    if (type === "SUBSCRIBE") return beginStream(response);
    assert.equal(++busy, 1, "a call came before the one before it was answered");
    setTimeout(() => {
      busy--;
      response.writeHead(202).end();
    }, 2);
  });
  const connection = connect([server.url]);
  await until(connection, () => true);
  // The subscription ended with its reader: another one.
  const again = connect([`${server.url}/gateway`]);
  for await (const event of again.events) {
    assert.equal(event.kind, "subscribed");
    await Promise.all([
      again.send({ kind: "decline", offerIds: ["1"] }),
      again.send({ kind: "revive" }),
      again.send({ kind: "suppress" }),
      again.send({ kind: "reconcile", tasks: [] }),
    ]);
    break;
  }
  assert.deepEqual(types(server), ["SUBSCRIBE", "SUBSCRIBE", "DECLINE", "REVIVE", "SUPPRESS", "RECONCILE"]);
  const [first, stream, ...calls] = server.asked as [Asked, Asked, ...Asked[]];
  assert.equal(first.request.url, "/api/v1/scheduler");
  assert.equal(new Set(calls.map((each) => each.connection)).size, 1);
  assert.notEqual(calls[0]!.connection, stream.connection);
  assert.equal(stream.request.headers["mesos-stream-id"], undefined);
  for (const { request, body } of calls) {
    assert.equal(request.url, "/gateway/api/v1/scheduler");
    assert.equal(request.headers["mesos-stream-id"], "stream-1");
    assert.equal(request.headers["content-type"], "application/json");
    assert.deepEqual(body.framework_id, { value: "F-0" });
  }
});

test("no call goes out before SUBSCRIBED, nor after the subscription ended", async () => {
  const server = await serve((response) => beginStream(response));
  const connection = connect([server.url]);
  await assert.rejects(connection.send({ kind: "revive" }), { code: "disconnected" });
  await until(connection, () => true);
  await assert.rejects(connection.send({ kind: "revive" }), { code: "disconnected" });
  await connection.close();
  await assert.rejects(connection.send({ kind: "revive" }), { code: "closed" });
  assert.deepEqual(types(server), ["SUBSCRIBE"]);
});

test("a stream that ends, breaks within a record, is no RecordIO or falls silent is followed by another subscription with the framework's id", async () => {
  const ends: readonly Answer[] = [
    (response) => response.end(),
    (response) => response.write("100\n{", () => response.destroy()),
    (response) => response.write("oops\n"),
    // The heartbeat is due every 5 ms.
    () => undefined,
  ];
  let subscriptions = 0;
  const server = await serve((response, asked) => {
    beginStream(response, `stream-${subscriptions}`, 0.005);
    ends[subscriptions++]?.(response, asked);
  });
  const kinds = await until(connect([server.url]), () => subscriptions > ends.length);
  assert.deepEqual(kinds.filter((kind) => kind !== "disconnected").length, ends.length + 1);
  assert.equal(kinds.filter((kind) => kind === "disconnected").length, ends.length);
  const ids = server.asked.map(({ body }) => [
    body.framework_id,
    (body.subscribe as Record<string, Record<string, unknown>>).framework_info!.id,
  ]);
  assert.deepEqual(ids[0], [undefined, undefined]);
  for (const pair of ids.slice(1)) assert.deepEqual(pair, [{ value: "F-0" }, { value: "F-0" }]);
});

test("a reader that takes longer than the heartbeats does not lose the subscription", async () => {
  const server = await serve((response) => {
    // It is given up after 100 ms.
    beginStream(response, "s", 0.02);
    const heartbeats = setInterval(() => response.write(record({ type: "HEARTBEAT" })), 2);
    response.on("close", () => clearInterval(heartbeats));
  });
  let events = 0;
  for await (const event of connect([server.url]).events) {
    assert.notEqual(event.kind, "disconnected");
    if (++events === 3) break;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  assert.equal(server.asked.length, 1);
});

test("a call whose answer is lost, or for which the subscription is stale, ends the subscription and is not repeated", async () => {
  const answers: readonly Answer[] = [
    // It was done, but nobody is told.
    (response) => response.destroy(),
    (response) => response.writeHead(400).end("The stream ID 'a' included in this request didn't match the stream ID currently associated"),
    (response) => response.writeHead(403).end("Framework is not subscribed"),
    (response) => response.writeHead(307, { location: "//127.0.0.1:9" }).end(),
    (response) => response.writeHead(503).end("No leader elected"),
  ];
  let calls = 0;
  const server = await serve((response, asked) =>
    asked.type === "SUBSCRIBE" ? beginStream(response) : answers[calls++]!(response, asked),
  );
  const connection = connect([server.url]);
  await until(connection, (event) => {
    if (event.kind === "subscribed" && calls < answers.length)
      for (const kind of ["revive", "suppress"] as const) void assert.rejects(connection.send({ kind }), { code: "disconnected" });
    return event.kind === "subscribed" && calls === answers.length;
  });
  assert.deepEqual(types(server), [...answers.flatMap(() => ["SUBSCRIBE", "REVIVE"]), "SUBSCRIBE"]);
});

test("a call that is refused is told, and the subscription goes on", async () => {
  const server = await serve((response, { type }) => {
    if (type === "SUBSCRIBE") return beginStream(response);
    response.writeHead(type === "REVIVE" ? 400 : 202).end(type === "REVIVE" ? "Failed to validate scheduler::Call" : "");
  });
  const connection = connect([server.url]);
  for await (const _ of connection.events) {
    await assert.rejects(connection.send({ kind: "revive" }), { code: "refused", message: /answered 400: Failed to validate/ });
    await connection.send({ kind: "suppress" });
    break;
  }
  assert.deepEqual(types(server), ["SUBSCRIBE", "REVIVE", "SUPPRESS"]);
});

test("what Mesos says for good ends the connection, by its own code", async () => {
  const cases = [
    ["Framework failed over", "failed-over", /Another instance of this framework/],
    ["Framework has been removed", "removed", /has removed this framework/],
    ["Roles '{ physics }' are not present in the master's --roles", "refused", /127\.0\.0\.1.*refuses this framework: Roles '\{ physics/],
  ] as const;
  for (const [message, code, pattern] of cases) {
    const server = await serve((response) => {
      response.writeHead(200, { "content-type": "application/json", "mesos-stream-id": "s" });
      response.end(record({ type: "ERROR", error: { message } }));
    });
    const error = await endOf(connect([server.url]));
    assert.equal(error.code, code);
    assert.match(error.message, pattern);
    assert.deepEqual(types(server), ["SUBSCRIBE"], message);
  }
});

test("what is no Mesos, and a principal that is refused, are told at once, with the address", async () => {
  const cases: readonly (readonly [Answer, string, RegExp])[] = [
    [
      (response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>Hello"),
      "bad-address",
      /is no Mesos master: it answered 200: <html>Hello/,
    ],
    [
      (response) => response.writeHead(200, { "content-type": "application/json" }).end('{"ok":1}'),
      "bad-address",
      /no Mesos master: it answered 200: \{"ok":1\}/,
    ],
    [(response) => response.writeHead(405).end(), "bad-address", /no Mesos master: it answered 405/],
    [
      (response) => response.writeHead(404).end("Cannot POST /api/v1/scheduler"),
      "bad-address",
      /no Mesos master: it answered 404: Cannot POST/,
    ],
    [
      (response) => response.writeHead(400, { "content-type": "text/html" }).end("The plain HTTP request was sent to HTTPS port"),
      "bad-address",
      /use https:/,
    ],
    [(response) => response.writeHead(401).end(), "unauthorized", /another principal or secret.*no principal was given/],
    [(response) => response.writeHead(403).end("no"), "unauthorized", /answered 403: no/],
    [(response) => response.writeHead(400).end("Framework principal 'a' does not match"), "refused", /principal 'a' does not match/],
  ];
  for (const [answer, code, pattern] of cases) {
    const server = await serve(answer);
    const error = await endOf(connect([server.url]));
    assert.equal(error.code, code);
    assert.match(error.message, pattern);
    assert.match(error.message, new RegExp(`127.0.0.1:${server.port}`));
    assert.equal(server.asked.length, 1);
  }
});

test("a master that starts, has no leader, or is not there yet is asked again, and the next one in turn", async () => {
  const statuses = [404, 503, 500];
  const starting = await serve((response) => {
    const status = statuses.shift();
    if (status === undefined) beginStream(response);
    else response.writeHead(status).end(status === 404 ? "404 Not Found." : "");
  });
  assert.deepEqual(await until(connect(["http://127.0.0.1:1", starting.url]), () => true), ["subscribed"]);
  assert.equal(starting.asked.length, 4);
});

test("where no subscription comes in time the last reason is told", async () => {
  const error = await endOf(connect(["http://127.0.0.1:1"], { startTimeout: 200 }));
  assert.equal(error.code, "bad-address");
  assert.match(error.message, /http:\/\/127\.0\.0\.1:1 within 200 ms: 127\.0\.0\.1:1: nobody listens there/);
});

test("redirects are followed in both forms that Mesos and its documentation have, and the secret goes only to masters that were named", async () => {
  const credentials = { principal: "p", secret: "s3cret" };
  const leader = await serve((response, { request }) =>
    request.headers.authorization ? beginStream(response) : response.writeHead(401).end(),
  );
  for (const location of [`//127.0.0.1:${leader.port}/api/v1/scheduler`, `127.0.0.1:${leader.port}`]) {
    const standby = await serve((response) => response.writeHead(307, { location }).end());
    const error = await endOf(connect([standby.url], { credentials }));
    assert.match(error.message, /the secret is only shown to masters that were named: name this one, too/);
    assert.doesNotMatch(error.message, /s3cret/);
    assert.deepEqual(await until(connect([standby.url, `http://localhost:${leader.port}`], { credentials }), () => true), ["subscribed"]);
    assert.equal(standby.asked[0]!.request.headers.authorization, "Basic cDpzM2NyZXQ=");
  }
  assert.equal(leader.asked[0]!.request.headers.authorization, undefined);
  const subscribe = leader.asked[1]!.body.subscribe as Record<string, Record<string, unknown>>;
  assert.equal(subscribe.framework_info!.principal, "p");
});

test("masters that redirect in a circle are asked again after a while", async () => {
  let redirects = 0;
  const server = await serve((response) => {
    if (redirects++ === 13) beginStream(response);
    else response.writeHead(307, { location: `//127.0.0.1:${server.port}/api/v1/scheduler` }).end();
  });
  assert.deepEqual(await until(connect([server.url]), () => true), ["subscribed"]);
});

test("after TEARDOWN the events end", async () => {
  let stream: { end(): void } | undefined;
  const server = await serve((response, { type }) => {
    if (type === "SUBSCRIBE") {
      stream = response;
      return beginStream(response);
    }
    response.writeHead(202).end();
    stream?.end();
  });
  const connection = connect([server.url]);
  const kinds = await until(connection, (event) => {
    if (event.kind === "subscribed") void connection.send({ kind: "teardown" });
    return false;
  });
  assert.deepEqual(kinds, ["subscribed", "disconnected"]);
  assert.deepEqual(types(server), ["SUBSCRIBE", "TEARDOWN"]);
});

test("an event that is broken is told as unknown, and the others go on", async () => {
  const server = await serve((response) => {
    beginStream(response);
    response.write(record({ type: "RESCIND", rescind: {} }) + record({ type: "NEW" }) + record({ type: "HEARTBEAT" }));
  });
  const kinds = await until(connect([server.url]), (event) => event.kind === "heartbeat");
  assert.deepEqual(kinds, ["subscribed", "unknown", "unknown", "heartbeat"]);
});

/** Tests a scheduler's connection with a master whose answers a test determines: what the master sees of it, and what becomes of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, connect, serve, types, until } from "./connect-scheduler.ts";
import { type Asked, beginStream, record } from "./scripted-server.ts";

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
    // The silent stream is given up after 100 ms.
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
    // The call was carried out, but its answer is lost.
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

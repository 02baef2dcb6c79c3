/** Tests which masters a scheduler's connection asks, where it is redirected, and what ends it for good. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, connect, endOf, serve, types, until } from "./connect-scheduler.ts";
import { beginStream, record } from "./scripted-server.ts";

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

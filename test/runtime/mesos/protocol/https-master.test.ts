/** A master that speaks HTTPS, with a certificate of an authority that only the scheduler's operator knows. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readAgentSizes } from "../../../../runtime/mesos/jobs/oversized-jobs.ts";
import { listedMasters } from "../../../../runtime/mesos/leader/listed-masters.ts";
import { openSchedulerConnection, type SchedulerConnectionOptions } from "../../../../runtime/mesos/protocol/scheduler-connection.ts";
import { makeCertificate } from "../../../support/make-certificate.ts";
import { silent } from "../../silent-log.ts";
import { beginStream, startScriptedServer } from "./scripted-server.ts";

const tls = makeCertificate();
const skip = tls ? false : "there is no openssl to make a certificate with";

test("a master with HTTPS is known by its authority, and refused without it, or where it speaks none", { skip }, async (t) => {
  const secure = await startScriptedServer(
    (response, { type }) => (type === "SUBSCRIBE" ? beginStream(response) : response.writeHead(202).end()),
    tls,
  );
  t.after(() => secure.stop());
  const connect = (url: string, options: Partial<SchedulerConnectionOptions>) => {
    const connection = openSchedulerConnection({
      leaders: listedMasters([new URL(url)]),
      framework: { user: "", name: "test", failoverTimeout: 60, checkpoint: false, roles: ["*"], capabilities: ["MULTI_ROLE"] },
      log: silent,
      backoff: { first: 5, longest: 20 },
      ...options,
    });
    t.after(() => connection.close());
    return connection;
  };
  const trusting = connect(secure.url, { ca: tls!.cert });
  for await (const { kind } of trusting.events) {
    assert.equal(kind, "subscribed");
    await trusting.send({ kind: "revive" });
    break;
  }
  assert.deepEqual(
    secure.asked.map(({ type }) => type),
    ["SUBSCRIBE", "REVIVE"],
  );
  const reasonAt = (url: string) =>
    new Promise<string>((resolve) => {
      const log = { ...silent, warn: ({ reason }: { readonly reason?: unknown }) => resolve(String(reason)) };
      void connect(url, { log }).events[Symbol.asyncIterator]().next();
    });
  const plain = await startScriptedServer((response) => beginStream(response));
  t.after(() => plain.stop());
  const [untrusted, toTls, toPlain] = await Promise.all([
    reasonAt(secure.url),
    reasonAt(secure.url.replace("https", "http")),
    reasonAt(plain.url.replace("http", "https")),
  ]);
  assert.match(untrusted, /certificate/i);
  assert.match(toTls, /speak HTTP|connection broke/);
  assert.match(toPlain, /does not speak HTTPS/);
});

test("the agents' sizes are asked by the master's authority and with the principal, and no secret goes to a master that was not named", {
  skip,
}, async (t) => {
  const leader = await startScriptedServer((response, { request }) => {
    if (request.headers.authorization === undefined) return response.writeHead(401).end();
    const total_resources = [
      { name: "cpus", type: "SCALAR", scalar: { value: 4 }, role: "*" },
      { name: "cpus", type: "SCALAR", scalar: { value: 8 }, reservations: [{ type: "STATIC", role: "others" }] },
    ];
    response
      .writeHead(200)
      .end(JSON.stringify({ type: "GET_AGENTS", get_agents: { agents: [{ agent_info: { hostname: "a" }, total_resources }] } }));
  }, tls);
  const standby = await startScriptedServer(
    (response) => response.writeHead(307, { location: `//localhost:${leader.port}/api/v1` }).end(),
    tls,
  );
  t.after(() => Promise.all([leader.stop(), standby.stop()]));
  const read = (...urls: readonly string[]) =>
    readAgentSizes({
      leaders: listedMasters(urls.map((url) => new URL(url))),
      credentials: { principal: "p", secret: "s" },
      ca: tls!.cert,
      signal: new AbortController().signal,
    });
  const sizes = [{ hostname: "a", room: { cpus: 4_000, mem: 0, disk: 0, ports: [] } }];
  assert.deepEqual(await read(leader.url), sizes);
  assert.deepEqual(await read(standby.url, leader.url), sizes);
  assert.equal(await read(standby.url), undefined);
  assert.equal(leader.asked.at(-1)!.request.headers.authorization, undefined);
});

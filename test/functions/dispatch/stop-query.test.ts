/** Queries are stopped: by an operator, and not by a client that goes before it was answered. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isEnded, type Status } from "../../../functions/api.ts";
import { createApp } from "../../../functions/app.ts";
import { openApp } from "../../support/open-app.ts";
import { until } from "../../support/until.ts";

const query = JSON.stringify({
  dataset: "events",
  histograms: { h: { axes: [{ type: "regular", bins: 9, lower: 0, upper: 200, value: "MET.pt" }] } },
});
const from = (address: string) => ({ address });

test("DELETE with ?force stops a query for all clients, on this machine or with the coordinator's secret, and for nobody else", async (t) => {
  const app = await openApp(t);
  app.gate.close();
  const server = createApp({ ...app.services, operatorSecret: "femtoq:secret" });
  const ask = async (client: string) =>
    (await (await server.request("/queries", { method: "POST", headers: { "femtoq-client": client }, body: query })).json()) as Status;
  const stop = (address: string, headers: Record<string, string> = {}) =>
    server.request(`/queries/${id}?force`, { method: "DELETE", headers }, from(address));
  const { id } = await ask("alice");
  await ask("bob");
  for (const refused of [
    await stop("10.1.2.3"),
    await stop("10.1.2.3", { authorization: "Bearer femtoq:guess" }),
    await stop("127.0.0.1", { "x-forwarded-for": "10.1.2.3" }),
  ]) {
    assert.equal(refused.status, 403);
    assert(!isEnded((await (await server.request(`/queries/${id}`)).json()) as Status));
  }
  for (const [address, headers] of [
    ["127.0.0.1", {}],
    ["10.1.2.3", { authorization: "Bearer femtoq:secret" }],
  ] as const) {
    const stopped = await stop(address, headers);
    assert.deepEqual([stopped.status, ((await stopped.json()) as Status).state], [200, "cancelled"]);
    assert.deepEqual(await app.services.coordinator.interest([id]), new Map([[id, 0]]));
    assert(!isEnded(await ask("alice")));
  }
});

test("DELETE takes ?force=false for a withdrawal like any other, and refuses values that are neither true nor false", async (t) => {
  const app = await openApp(t);
  app.gate.close();
  const ask = async (client: string) =>
    (await (await app.request("/queries", { method: "POST", headers: { "femtoq-client": client }, body: query })).json()) as Status;
  const { id } = await ask("alice");
  await ask("bob");
  const end = async (search: string) =>
    await app.request(`/queries/${id}?${search}`, { method: "DELETE", headers: { "femtoq-client": "alice" } });
  for (const search of ["force=no", "purge=1"]) assert.equal((await end(search)).status, 400, search);
  assert.deepEqual(await app.services.coordinator.interest([id]), new Map([[id, 2]]));
  assert.equal((await end("force=false&purge=false")).status, 200);
  assert.deepEqual(await app.services.coordinator.interest([id]), new Map([[id, 1]]));
});

test("DELETE withdraws before it asks the coordinator anything, so that what computes stops at once, also where the plan was not followed yet", async (t) => {
  const app = await openApp(t);
  app.gate.close();
  const calls: string[] = [];
  const { coordinator } = app.services;
  const heard = new Proxy(coordinator, {
    get(target, name, receiver) {
      const value = Reflect.get(target, name, receiver);
      if (typeof value !== "function" || name === "watch") return value;
      return (...args: unknown[]) => {
        calls.push(String(name));
        return value.apply(target, args);
      };
    },
  });
  const ask = async (server: ReturnType<typeof createApp>) =>
    (await (await server.request("/queries", { method: "POST", headers: { "femtoq-client": "alice" }, body: query })).json()) as Status;
  const followed = createApp({ ...app.services, coordinator: heard });
  for (const server of [followed, createApp({ ...app.services, coordinator: heard })]) {
    const { id } = await ask(followed);
    calls.length = 0;
    const answer = await server.request(`/queries/${id}`, { method: "DELETE", headers: { "femtoq-client": "alice" } });
    assert.equal(((await answer.json()) as Status).state, "cancelled");
    assert.equal(calls[0], "withdraw");
  }
});

test("a client that goes before the answer stays interested in what was queued, for it may have asked again, and has nothing queued later", async (t) => {
  const app = await openApp(t);
  const gone = new AbortController();
  const { coordinator } = app.services;
  const queued: string[] = [];
  const enqueue: typeof coordinator.enqueue = async (request) => {
    const enqueued = await coordinator.enqueue(request);
    queued.push(request.queryId);
    gone.abort();
    return enqueued;
  };
  app.gate.close();
  const server = createApp({ ...app.services, coordinator: { ...coordinator, enqueue } });
  const ask = (signal?: AbortSignal) =>
    server.request("/queries", { method: "POST", headers: { "femtoq-client": "alice" }, body: query, ...(signal && { signal }) });
  await ask(gone.signal);
  assert.deepEqual(await coordinator.interest(queued), new Map([[queued[0]!, 1]]));
  assert.equal((await ask(gone.signal)).status, 503);
  assert.equal(queued.length, 1);
  app.gate.open();
  const { id } = (await (await ask()).json()) as Status;
  assert.equal(id, queued[0]);
  await until(async () => ((await (await server.request(`/queries/${id}`)).json()) as Status).state === "done", "the end");
});

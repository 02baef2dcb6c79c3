import assert from "node:assert/strict";
import { test } from "node:test";
import type { Status } from "../../../../functions/api.ts";
import type { QueryLine } from "../../../../functions/dispatch/answer/list-queries.ts";
import { overlay } from "../../../../functions/metrics/overlay.ts";
import { openStore } from "../../../../storage/embedded/embedded-store.ts";
import { makeTemporaryDirectory } from "../../../storage/temporary-directory.ts";
import { openApp, type TestApp } from "../../../support/open-app.ts";
import { until } from "../../../support/until.ts";

const query = (upper: number, name: string) => ({
  dataset: "events",
  name,
  histograms: { h: { axes: [{ type: "regular", bins: 4, lower: 0, upper, value: "MET.pt" }] } },
});

const list = async (app: TestApp, parameters = "") =>
  (await (await app.request(`/queries${parameters}`)).json()) as { queries: readonly QueryLine[]; next?: string };

test("GET /queries lists queries newest first, in pages that together have each once", async (t) => {
  const app = await openApp(t);
  const ids: string[] = [];
  for (let index = 0; index < 5; index++) ids.push((await app.ask(query(10 + index, `number ${index}`))).id);
  const first = await list(app, "?limit=2");
  const second = await list(app, `?limit=2&before=${first.next}`);
  const third = await list(app, `?limit=2&before=${second.next}`);
  assert.deepEqual([first, second, third].flatMap(({ queries }) => queries.map(({ id }) => id)).sort(), [...ids].sort());
  assert.equal(first.queries[0].state, "done");
  assert.ok(first.queries[0].bytes > 0);
  assert.equal(third.next, undefined);
});

test("GET /queries filters by name, dataset and state, and refuses what it does not know", async (t) => {
  const app = await openApp(t);
  await app.ask(query(10, "first light"));
  app.gate.close();
  await app.post(query(20, "second"));
  assert.deepEqual(
    (await list(app, "?name=LIGHT")).queries.map(({ name }) => name),
    ["first light"],
  );
  assert.deepEqual(
    (await list(app, "?state=done")).queries.map(({ name }) => name),
    ["first light"],
  );
  assert.equal((await list(app, "?state=running")).queries.length + (await list(app, "?state=waiting")).queries.length, 1);
  assert.equal((await list(app, "?dataset=other")).queries.length, 0);
  for (const bad of ["?limit=0", "?state=gone", "?before=1", "?what=1"]) assert.equal((await app.request(`/queries${bad}`)).status, 400);
});

test("DELETE ?purge removes result and partials: the same query is computed anew", async (t) => {
  const app = await openApp(t);
  const { id } = await app.ask(query(10, "to go"));
  const before = app.computed.length;
  const answer = await app.request(`/queries/${id}?purge`, { method: "DELETE" });
  assert.equal(answer.status, 200);
  assert.equal((await app.request(`/queries/${id}`)).status, 404);
  const again = await app.ask(query(10, "to go"));
  assert.deepEqual(again.submission, { total: 4, stored: 0, joined: 0, queued: 4 });
  assert.equal(app.computed.length, before + 4);
});

test("DELETE ?purge leaves no result that was being stored just then", async (t) => {
  const directory = await makeTemporaryDirectory(t);
  const store = await openStore({ directory });
  t.after(() => store.close());
  // What happens to result and plan, in order. Storing the result is held until the test releases it.
  const order: string[] = [];
  let letStore = () => {};
  const held = new Promise<void>((resolve) => {
    letStore = resolve;
  });
  const putResult: typeof store.putResult = async (...result) => {
    order.push("storing begins");
    await held;
    const stored = await store.putResult(...result);
    order.push("result stored");
    return stored;
  };
  const removePlan: typeof store.removePlan = (planKey) => {
    order.push("plan removed");
    return store.removePlan(planKey);
  };
  const app = await openApp(t, { store: overlay(store, { putResult, removePlan }) });
  const { id } = (await (await app.post(query(10, "to go"))).json()) as Status;
  await until(() => order.includes("storing begins"));
  const purging = app.request(`/queries/${id}?purge`, { method: "DELETE" });
  // Only the purge continues. These turns of the event loop would be enough for it to remove the plan too early.
  for (let turn = 0; turn < 100 && !order.includes("plan removed"); turn++) await new Promise((resolve) => setImmediate(resolve));
  letStore();
  assert.equal((await purging).status, 200);
  assert.deepEqual(order, ["storing begins", "result stored", "plan removed"]);
  const again = await app.ask(query(10, "to go"));
  assert.deepEqual(again.submission, { total: 4, stored: 0, joined: 0, queued: 4 });
});

test("DELETE ?purge is refused while another client waits for the query", async (t) => {
  const app = await openApp(t);
  app.gate.close();
  const { id } = (await (await app.post(query(10, "shared"), { "femtoq-client": "one" })).json()) as Status;
  await app.post(query(10, "shared"), { "femtoq-client": "two" });
  const answer = await app.request(`/queries/${id}?purge`, { method: "DELETE", headers: { "femtoq-client": "one" } });
  assert.equal(answer.status, 409);
});

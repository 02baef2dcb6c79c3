/** Nothing remains of a refused query: it is not listed, not found, and its plan is not stored. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CoordinatorFullError } from "../../../coordination/coordinator.ts";
import { usualLimits } from "../../../functions/admission/limits.ts";
import type { Problem } from "../../../functions/api.ts";
import { createApp } from "../../../functions/app.ts";
import type { Services } from "../../../functions/services.ts";
import { openApp } from "../../support/open-app.ts";

const histogram = (value: string) => ({ h: { axes: [{ type: "regular", bins: 9, lower: 0, upper: 200, value }] } });

test("a query whose code would be too large is refused, and nothing of it is stored or queued", async (t) => {
  const app = await openApp(t);
  const written: string[] = [];
  const note = (name: "putQuery" | "putPlan" | "putProgram") => (record: never) => {
    written.push(name);
    return app.services.store[name](record);
  };
  const store: Services["store"] = {
    ...app.services.store,
    putQuery: note("putQuery"),
    putPlan: note("putPlan"),
    putProgram: note("putProgram"),
  };
  const dispatcher = createApp({ ...app.services, store });
  const define: Record<string, string> = { d0: "Muon.pt" };
  for (let depth = 1; depth < 40; depth++) define[`d${depth}`] = `d${depth - 1}.pairs().map((a, b) => a * b)`;
  const body = JSON.stringify({ dataset: "events", define, histograms: histogram("d39") });
  for (let tries = 0; tries < 2; tries++) {
    const answer = await dispatcher.request("/queries", { method: "POST", body });
    const { code, detail } = (await answer.json()) as Problem;
    assert.deepEqual([answer.status, code], [400, "bad-query"]);
    assert.match(detail, /the query is too large/);
  }
  assert.deepEqual(written, []);
  assert.deepEqual(await (await dispatcher.request("/queries")).json(), { queries: [] });
  assert.deepEqual(await app.services.coordinator.demand(), []);
});

const plain = JSON.stringify({ dataset: "events", histograms: histogram("MET.pt") });

test("a query that would have to wait where too many answers are waited for is refused, and nothing of it is stored or queued", async (t) => {
  const app = await openApp(t);
  app.gate.close();
  const dispatcher = createApp({ ...app.services, limits: { ...usualLimits, clientStreams: 0, crowdPatience: 0, refusalPause: 0 } });
  const ask = (headers: Readonly<Record<string, string>>) =>
    dispatcher.request("/queries", { method: "POST", headers: { ...headers }, body: plain });
  const refused = await ask({ prefer: "wait=60" });
  assert.equal(refused.status, 429);
  assert.deepEqual(await (await dispatcher.request("/queries")).json(), { queries: [] });
  assert.deepEqual(await app.services.coordinator.demand(), []);
  const taken = await ask({});
  assert.equal(taken.status, 202);
});

test("a query for which the coordinator has no room is not listed, and is taken when there is room again", async (t) => {
  const app = await openApp(t);
  let isFull = true;
  const coordinator: Services["coordinator"] = {
    ...app.services.coordinator,
    enqueue: (request) => (isFull ? Promise.reject(new CoordinatorFullError(10, 10)) : app.services.coordinator.enqueue(request)),
  };
  const dispatcher = createApp({ ...app.services, coordinator });
  const ask = () => dispatcher.request("/queries", { method: "POST", headers: { prefer: "wait=60" }, body: plain });
  const refused = await ask();
  assert.deepEqual([refused.status, ((await refused.json()) as Problem).code], [503, "queue-full"]);
  for (const each of [dispatcher, createApp(app.services)])
    assert.deepEqual(await (await each.request("/queries")).json(), { queries: [] });
  isFull = false;
  assert.equal((await ask()).status, 200);
  const listed = (await (await dispatcher.request("/queries")).json()) as { readonly queries: readonly { readonly state: string }[] };
  assert.deepEqual(
    listed.queries.map(({ state }) => state),
    ["done"],
  );
});

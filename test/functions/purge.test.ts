import assert from "node:assert/strict";
import { test } from "node:test";
import { createApp } from "../../functions/app.ts";
import { openApp } from "../support/open-app.ts";

const query = { dataset: "events", histograms: { h: { axes: [{ type: "regular", bins: 10, lower: 0, upper: 100, value: "MET.pt" }] } } };

test("only requests of this machine, through no proxy, purge what others may use", async (t) => {
  const app = await openApp(t);
  const { id } = await app.ask(query);
  const functions = createApp(app.services);
  const purge = async (address: string | undefined, headers: Readonly<Record<string, string>> = {}) =>
    (await functions.request(`/queries/${id}?purge`, { method: "DELETE", headers: { ...headers } }, { address })).status;
  assert.equal(await purge("10.0.0.7"), 403);
  assert.equal(await purge(undefined), 403);
  assert.equal(await purge("127.0.0.1", { "x-forwarded-for": "127.0.0.1" }), 403);
  assert.equal((await app.request(`/queries/${id}`)).status, 200);
  assert.equal(await purge("127.0.0.1"), 200);
});

test("only requests of this machine, through no proxy, forget datasets", async (t) => {
  const app = await openApp(t);
  const forget = async (address: string, headers: Readonly<Record<string, string>> = {}) =>
    (await createApp(app.services).request("/datasets/unheard-of", { method: "DELETE", headers: { ...headers } }, { address })).status;
  assert.equal(await forget("10.0.0.7"), 403);
  assert.equal(await forget("127.0.0.1", { via: "1.1 proxy" }), 403);
  assert.equal(await forget("127.0.0.1"), 404);
});

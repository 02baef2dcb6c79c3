/** What one dispatcher remembers must not hide what another one has done since. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Status } from "../../../functions/api.ts";
import { createApp } from "../../../functions/app.ts";
import { openApp } from "../../support/open-app.ts";

const query = (bins: number) => ({
  dataset: "events",
  histograms: { met: { axes: [{ type: "regular", bins, lower: 0, upper: 200, value: "MET.pt" }] } },
});

const asPost = (input: unknown, headers: Readonly<Record<string, string>> = {}): RequestInit => ({
  method: "POST",
  headers,
  body: JSON.stringify(input),
});

test("a query that another dispatcher purged is planned anew, and every dispatcher finds it then", { timeout: 60_000 }, async (t) => {
  const here = await openApp(t);
  const there = createApp(here.services);
  const { id } = await here.ask(query(10));
  assert.equal((await (await here.post(query(10))).json()).submission.stored, 4);
  // Until it is done there, too: it may have to merge.
  await there.request("/queries", asPost(query(10), { prefer: "wait=120" }));
  const purged = await there.request(`/queries/${id}?purge`, { method: "DELETE" }, { address: "127.0.0.1" });
  assert.equal(purged.status, 200);
  const again = await here.ask(query(10));
  assert.equal(again.state, "done");
  assert.equal(again.events.done, here.events.length);
  const elsewhere = await createApp(here.services).request(`/queries/${id}`);
  assert.equal(elsewhere.status, 200);
});

test("a query that was withdrawn at one dispatcher and asked again at another is under way at both", { timeout: 60_000 }, async (t) => {
  const here = await openApp(t);
  const there = createApp(here.services);
  here.gate.close();
  const { id } = (await (await here.post(query(11))).json()) as Status;
  const withdrawn = (await (await here.request(`/queries/${id}`, { method: "DELETE" })).json()) as Status;
  assert.equal(withdrawn.state, "cancelled");
  const asked = await there.request("/queries", asPost(query(11)));
  assert.equal(asked.status, 202);
  // The stopped subtasks have to be released first.
  while (((await (await here.request(`/queries/${id}`)).json()) as Status).state === "cancelled") {
    await new Promise((resolve) => setImmediate(resolve));
  }
  here.gate.open();
  const stream = await (await here.request(`/queries/${id}/events`)).text();
  assert.match(stream, /event: done/);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { subtaskKey } from "../../base/subtask-key.ts";
import type { Status } from "../../functions/api.ts";
import { countsOf } from "../contracts/claim-one.ts";
import { getPartial, getPlan, putPartial } from "../storage/one-at-a-time.ts";
import { openApp } from "../support/open-app.ts";

const query = (round: number) => ({
  dataset: "events",
  histograms: { h: { axes: [{ type: "regular", bins: 4, lower: 0, upper: 10 + round, value: "MET.pt" }] } },
});

for (const ending of ["", "?purge"]) {
  test(`a query that one client posts while another withdraws it with DELETE ${ending} ends done for the first`, async (t) => {
    const app = await openApp(t);
    for (let round = 0; round < 30; round++) {
      const { id } = (await (await app.post(query(round), { "femtoq-client": "a" })).json()) as Status;
      const [deleted, posted] = await Promise.all([
        app.request(`/queries/${id}${ending}`, { method: "DELETE", headers: { "femtoq-client": "a" } }),
        app.post(query(round), { "femtoq-client": "b", prefer: "wait=120" }),
      ]);
      assert.ok(deleted.status < 500);
      const status = (await posted.json()) as Status;
      assert.equal(status.state, "done", `round ${round}: ${JSON.stringify(status.partitions)}`);
      assert.equal(status.events.done, 1000);
    }
    assert.deepEqual(await countsOf(app.services.coordinator), { unowned: 0, owned: 0, failed: 0 });
  });
}

test("a query whose partials were stored before another client asked ends done for that one, though the first withdraws before they are told", async (t) => {
  const [first, app] = [await openApp(t), await openApp(t)];
  const asked = await first.ask(query(0));
  const keysIn = async ({ services: { store, catalogue } }: typeof app, id: string) => {
    const { planKey } = (await store.getQuery(id))!;
    const { programKey } = (await getPlan(store, planKey))!;
    return (await catalogue.get("events"))!.partitions.map(({ fingerprint }) => subtaskKey(programKey, fingerprint));
  };
  const bodies = await Promise.all((await keysIn(first, asked.id)).map((key) => getPartial(first.services.store, key)));
  app.gate.close();
  const { id } = (await (await app.post(query(0), { "femtoq-client": "a" })).json()) as Status;
  for (const [index, key] of (await keysIn(app, id)).entries()) await putPartial(app.services.store, key, bodies[index]!.bytes);
  const posted = (await (await app.post(query(0), { "femtoq-client": "b" })).json()) as Status;
  assert.equal(posted.submission?.stored, 4);
  const deleted = await app.request(`/queries/${id}`, { method: "DELETE", headers: { "femtoq-client": "a" } });
  assert.notEqual(((await deleted.json()) as Status).state, "cancelled");
  const ended = await app.post(query(0), { "femtoq-client": "b", prefer: "wait=120" });
  const { state, histograms } = (await ended.json()) as Status;
  assert.deepEqual([state, histograms], ["done", asked.histograms]);
});

test("a GET by somebody who never asked does not keep a query that its owner withdraws", async (t) => {
  const app = await openApp(t);
  app.gate.close();
  const { id } = (await (await app.post(query(0), { "femtoq-client": "owner" })).json()) as Status;
  await app.request(`/queries/${id}`, { headers: { "femtoq-client": "passer-by" } });
  const answer = await app.request(`/queries/${id}`, { method: "DELETE", headers: { "femtoq-client": "owner" } });
  assert.equal(((await answer.json()) as Status).state, "cancelled");
});

test("a page without an origin of its own is refused like one of another site", async (t) => {
  const app = await openApp(t);
  for (const origin of ["null", "http://elsewhere.example", "not an origin"]) {
    const answer = await app.request("/queries", { method: "POST", headers: { origin }, body: JSON.stringify(query(0)) });
    assert.equal(answer.status, 403, origin);
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Status } from "../../functions/api.ts";
import { countsOf } from "../contracts/claim-one.ts";
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

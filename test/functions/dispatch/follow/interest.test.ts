import assert from "node:assert/strict";
import { test } from "node:test";
import type { Status } from "../../../../functions/api.ts";
import { createApp } from "../../../../functions/app.ts";
import { createInterestCounter } from "../../../../functions/dispatch/follow/count-interest.ts";
import { PlanClients } from "../../../../functions/dispatch/follow/plan-clients.ts";
import type { Services } from "../../../../functions/services.ts";
import type { StoredQuery } from "../../../../storage/store.ts";
import { silent } from "../../../runtime/silent-log.ts";
import { openApp } from "../../../support/open-app.ts";

/** Milliseconds: whatever the coordinator says. */
const interestTerm = 240_000;
const query = { id: "q", query: { priority: 321 } } as StoredQuery;
const another = { id: "r", query: { priority: 500 } } as StoredQuery;

/** A coordinator in which alice is interested in everything, and a clock. */
function openClients() {
  const renewed: string[] = [];
  const clock = { time: 0, fails: false };
  const coordinator = {
    interestTerm,
    async renew(queryId: string, client: string) {
      if (clock.fails) throw new Error("not now");
      renewed.push(`${client} ${queryId}`);
      return client === "alice";
    },
  };
  return { clients: new PlanClients({ coordinator, log: silent, now: () => clock.time }), renewed, clock };
}

test("PlanClients renews a client's interest once in a twenty-fourth of its term", async () => {
  const { clients, renewed, clock } = openClients();
  for (let looks = 0; looks < 3; looks++) {
    await clients.looks(query, "alice");
    await clients.looks(query, "bob");
  }
  assert.deepEqual(renewed, ["alice q", "bob q"]);
  clock.time = interestTerm / 24 - 1;
  await clients.looks(query, "alice");
  assert.equal(renewed.length, 2);
  clock.time++;
  await clients.looks(query, "alice");
  await clients.looks(another, "alice");
  assert.deepEqual(renewed.slice(2), ["alice q", "alice r"]);
});

test("PlanClients queues again for those that are interested, and for nobody else", async () => {
  const { clients, renewed } = openClients();
  await clients.looks(query, "alice");
  await clients.looks(query, "bob");
  clients.asks(another, "bob");
  clients.asks(another, "carol");
  clients.withdraws(another, "carol");
  await clients.looks(another, "carol");
  const requests = clients.requests().toSorted((a, b) => (a.queryId < b.queryId ? -1 : 1));
  assert.deepEqual(requests, [
    { queryId: "q", client: "alice", priority: 321 },
    { queryId: "r", client: "bob", priority: 500 },
  ]);
  assert.deepEqual(renewed, ["alice q", "bob q"]);
  clients.count(another, 0);
  assert.deepEqual(
    clients.requests().map(({ queryId }) => queryId),
    ["q"],
  );
});

test("PlanClients takes nobody for interested while the coordinator cannot be reached, and asks it again the next time", async () => {
  const { clients, renewed, clock } = openClients();
  clock.fails = true;
  await clients.looks(query, "alice");
  assert.deepEqual(clients.requests(), []);
  clock.fails = false;
  await clients.looks(query, "alice");
  assert.equal(clients.requests().length, 1);
  assert.equal(renewed.length, 1);
});

test("interest is counted in one look-up for whatever is asked while another is under way", async () => {
  const counted: (readonly string[])[] = [];
  const count = createInterestCounter({
    async interest(queryIds) {
      counted.push([...queryIds].sort());
      await Promise.resolve();
      return new Map(queryIds.map((id) => [id, id.length]));
    },
  });
  const first = count(["a"]);
  await Promise.resolve();
  const others = await Promise.all([count(["bb"]), count(["ccc", "bb"])]);
  assert.equal((await first).get("a"), 1);
  assert.deepEqual(
    others.map((counts) => counts.get("bb")),
    [2, 2],
  );
  assert.deepEqual(counted, [["a"], ["bb", "ccc"]]);
});

test("GET, HEAD and streams renew the interest of who asked, once, and create none for passers-by; the list renews nothing", async (t) => {
  const app = await openApp(t);
  const renewals: string[] = [];
  const coordinator: Services["coordinator"] = {
    ...app.services.coordinator,
    async renew(queryId, client) {
      const isInterested = await app.services.coordinator.renew(queryId, client);
      renewals.push(`${client} ${isInterested}`);
      return isInterested;
    },
  };
  const other = createApp({ ...app.services, coordinator });
  app.gate.close();
  const asked = { dataset: "events", histograms: { h: { axes: [{ type: "regular", bins: 9, lower: 0, upper: 200, value: "MET.pt" }] } } };
  const { id } = (await (await app.post(asked, { "femtoq-client": "owner" })).json()) as Status;
  const as = (client: string) => ({ headers: { "femtoq-client": client } });
  await other.request("/queries", as("owner"));
  assert.deepEqual(renewals, []);
  for (let looks = 0; looks < 3; looks++) {
    for (const client of ["owner", "passer-by"]) {
      await other.request(`/queries/${id}`, as(client));
      await other.request(`/queries/${id}`, { ...as(client), method: "HEAD" });
      await (await other.request(`/queries/${id}/events`, as(client))).body?.cancel();
    }
  }
  assert.deepEqual(renewals, ["named:owner true", "named:passer-by false"]);
  assert.deepEqual([...(await coordinator.interest([id]))], [[id, 1]]);
});

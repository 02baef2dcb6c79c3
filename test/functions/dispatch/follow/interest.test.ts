import assert from "node:assert/strict";
import { test } from "node:test";
import { interestTerm } from "../../../../coordination/coordinator.ts";
import type { Status } from "../../../../functions/api.ts";
import { createApp } from "../../../../functions/app.ts";
import { Interest } from "../../../../functions/dispatch/follow/interest.ts";
import type { Services } from "../../../../functions/services.ts";
import { silent } from "../../../runtime/silent-log.ts";
import { openApp } from "../../../support/open-app.ts";

/** A coordinator in which alice is interested in everything, and a clock. */
function openInterest() {
  const renewed: string[] = [];
  const counted: (readonly string[])[] = [];
  const clock = { time: 1, now: () => clock.time };
  const coordinator = {
    async renew(queryId: string, client: string) {
      renewed.push(`${client} ${queryId}`);
      return client === "alice";
    },
    async interest(queryIds: readonly string[]) {
      counted.push([...queryIds].sort());
      await Promise.resolve();
      return new Map(queryIds.map((id) => [id, id.length]));
    },
  };
  return { interest: new Interest({ coordinator, log: silent, clock }), renewed, counted, clock, coordinator };
}

test("Interest renews a client's interest once in a twenty-fourth of its term, and says whether there is one", async () => {
  const { interest, renewed, clock } = openInterest();
  for (let looks = 0; looks < 3; looks++) {
    assert.equal(await interest.renew("q", "alice"), true);
    assert.equal(await interest.renew("q", "bob"), false);
  }
  assert.deepEqual(renewed, ["alice q", "bob q"]);
  clock.time += interestTerm / 24 - 1;
  await interest.renew("q", "alice");
  assert.equal(renewed.length, 2);
  clock.time += 2;
  await interest.renew("q", "alice");
  await interest.renew("r", "alice");
  assert.deepEqual(renewed.slice(2), ["alice q", "alice r"]);
});

test("Interest knows of who has just asked or withdrawn without asking the coordinator", async () => {
  const { interest, renewed } = openInterest();
  interest.changed("q", "bob", { isInterested: true });
  interest.changed("q", "alice", { isInterested: false });
  assert.deepEqual([await interest.renew("q", "bob"), await interest.renew("q", "alice")], [true, false]);
  assert.deepEqual(renewed, []);
});

test("Interest takes a coordinator that cannot be reached for nobody's, and asks it again the next time", async () => {
  const { coordinator, renewed } = openInterest();
  let fails = true;
  const renew = async (queryId: string, client: string) => {
    if (fails) throw new Error("not now");
    return coordinator.renew(queryId, client);
  };
  const interest = new Interest({ coordinator: { ...coordinator, renew }, log: silent });
  assert.equal(await interest.renew("q", "alice"), false);
  fails = false;
  assert.equal(await interest.renew("q", "alice"), true);
  assert.equal(renewed.length, 1);
});

test("Interest counts in one look-up whatever is asked while another is under way", async () => {
  const { interest, counted } = openInterest();
  const first = interest.count(["a"]);
  await Promise.resolve();
  const others = await Promise.all([interest.count(["bb"]), interest.count(["ccc", "bb"])]);
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
  const query = { dataset: "events", histograms: { h: { axes: [{ type: "regular", bins: 9, lower: 0, upper: 200, value: "MET.pt" }] } } };
  const { id } = (await (await app.post(query, { "femtoq-client": "owner" })).json()) as Status;
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

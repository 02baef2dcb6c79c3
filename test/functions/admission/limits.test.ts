import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { usualLimits } from "../../../functions/admission/limits.ts";
import { type Client, Tally } from "../../../functions/admission/tally.ts";
import type { Problem, Status } from "../../../functions/api.ts";
import { HttpProblem } from "../../../functions/http/problem.ts";
import { countsOf } from "../../contracts/claim-one.ts";
import { openApp } from "../../support/open-app.ts";

const met = (upper: number) => ({
  dataset: "events",
  histograms: { met: { axes: [{ type: "regular", bins: 10, lower: 0, upper, value: "MET.pt" }] } },
});
const roomy = {
  ...usualLimits,
  queries: 100,
  clientQueries: 100,
  streams: 100,
  clientStreams: 100,
  longestWait: 60_000,
  crowdPatience: 0,
  refusalPause: 0,
  computations: 8,
};
const by = (client: string) => ({ "femtoq-client": client });

async function refusal(answer: Response): Promise<{ readonly status: number; readonly code: string; readonly retryAfter: number }> {
  const { code } = (await answer.json()) as Problem;
  return { status: answer.status, code, retryAfter: Number(answer.headers.get("retry-after")) };
}

describe("limits", () => {
  test("refuse a client's queries beyond its share with 429, others' beyond all with 503, and take them when some have ended", async (t) => {
    const app = await openApp(t, { services: { limits: { ...roomy, queries: 3, clientQueries: 2 } } });
    app.gate.close();
    const first = (await (await app.post(met(10), by("a"))).json()) as Status;
    assert.equal((await app.post(met(20), by("a"))).status, 202);
    assert.deepEqual(await refusal(await app.post(met(30), by("a"))), { status: 429, code: "too-many", retryAfter: 1 });
    assert.equal((await app.post(met(30), by("b"))).status, 202);
    assert.deepEqual(await refusal(await app.post(met(40), by("c"))), { status: 503, code: "overloaded", retryAfter: 1 });
    assert.equal((await app.post(met(10), by("d"))).status, 202, "a query that is under way can be asked by all");
    assert.equal((await countsOf(app.services.coordinator)).unowned + (await countsOf(app.services.coordinator)).owned, 12);
    app.gate.open();
    await app.request(`/queries/${first.id}`);
    assert.equal((await app.post(met(10), { ...by("a"), prefer: "wait=120" })).status, 200);
    assert.equal((await app.post(met(20), { ...by("a"), prefer: "wait=120" })).status, 200);
    assert.equal((await app.post(met(40), { ...by("a"), prefer: "wait=120" })).status, 200);
  });

  test("refuse queries whose plans have too many bytes with those under way", async (t) => {
    const app = await openApp(t, { services: { limits: { ...roomy, planBytes: 90_000, clientPlanBytes: 60_000 } } });
    app.gate.close();
    // Each plan counts as some 30 kB.
    for (const upper of [10, 20]) assert.equal((await app.post(met(upper), by("a"))).status, 202);
    assert.deepEqual(await refusal(await app.post(met(30), by("a"))), { status: 429, code: "too-many", retryAfter: 1 });
    assert.equal((await app.post(met(30), by("b"))).status, 202);
    assert.deepEqual(await refusal(await app.post(met(40), by("b"))), { status: 503, code: "overloaded", retryAfter: 1 });
  });

  test("refuse new queries where fifty are under way and others wait for long, but not more urgent ones, and take them again later", async (t) => {
    const app = await openApp(t, { address: undefined, services: { limits: { ...roomy, longestWait: 20 } } });
    app.gate.close();
    for (let index = 0; index < 50; index++) assert.equal((await app.post(met(100 + index), by(`client-${index}`))).status, 202);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(await refusal(await app.post(met(10), by("late"))), { status: 503, code: "overloaded", retryAfter: 1 });
    assert.equal((await app.post(met(101), by("late"))).status, 202, "what is under way can be asked by all");
    assert.equal((await app.post({ ...met(20), priority: 100 }, by("urgent"))).status, 202);
    app.gate.open();
    for (let index = 0; index < 50; index++) assert.equal((await app.post(met(100 + index), { prefer: "wait=120" })).status, 200);
    assert.equal((await app.post(met(10), { ...by("late"), prefer: "wait=120" })).status, 200);
  });

  test("refuse many names of one address that keep others waiting, whoever asks there, and nobody elsewhere", async (t) => {
    const app = await openApp(t, { services: { limits: { ...roomy, queries: 10_000, clientQueries: 10_000, longestWait: 5_000 } } });
    app.gate.close();
    const fromElsewhere = async (query: object) =>
      await app.functions.request("/queries", { method: "POST", body: JSON.stringify(query) }, { address: "10.0.0.7" });
    assert.equal((await fromElsewhere(met(9))).status, 202);
    let taken = 0;
    while ((await app.post(met(100 + taken), by(`client-${taken % 60}`))).status === 202) taken++;
    assert.ok(taken >= 4 && taken < 24, `${taken} are taken`);
    assert.deepEqual(await refusal(await app.post(met(10), by("late"))), { status: 429, code: "too-many", retryAfter: 1 });
    assert.equal((await fromElsewhere(met(10))).status, 202);
    app.gate.open();
  });

  test("take a query of one of many names of one address when others of theirs have ended soon", async (t) => {
    const app = await openApp(t, { services: { limits: { ...roomy, longestWait: 0, crowdPatience: 60_000 } } });
    app.gate.close();
    await app.functions.request("/queries", { method: "POST", body: JSON.stringify(met(9)) }, { address: "10.0.0.7" });
    for (let index = 0; index < 4; index++) assert.equal((await app.post(met(100 + index), by(`client-${index}`))).status, 202);
    await new Promise((resolve) => setTimeout(resolve, 2));
    const late = app.post(met(10), by("late"));
    app.gate.open();
    assert.equal((await late).status, 202);
  });

  test("ask the store once about a query that waits for others of its address, and refuse it when its time is over", async (t) => {
    const app = await openApp(t, { services: { limits: { ...roomy, longestWait: 0, crowdPatience: 900 } } });
    app.gate.close();
    // As many other clients as are served at the same time, so that a later one has to wait.
    const askFrom = (index: number) => {
      const request = { method: "POST", body: JSON.stringify(met(9 + index)), headers: by(`other-${index}`) };
      return app.functions.request("/queries", request, { address: `10.0.0.${index}` });
    };
    for (let index = 1; index <= 12; index++) await askFrom(index);
    for (let index = 0; index < 4; index++) assert.equal((await app.post(met(100 + index), by(`client-${index}`))).status, 202);
    await new Promise((resolve) => setTimeout(resolve, 2));
    const { store } = app.services;
    const { hasPlan } = store;
    let asked = 0;
    const counting: Pick<typeof store, "hasPlan"> = {
      hasPlan(planKey) {
        asked++;
        return hasPlan(planKey);
      },
    };
    Object.assign(store, counting);
    assert.deepEqual(await refusal(await app.post(met(50), by("late"))), { status: 429, code: "too-many", retryAfter: 1 });
    assert.equal(asked, 1);
    app.gate.open();
  });

  test("answer what is stored however much is under way", async (t) => {
    const app = await openApp(t, { services: { limits: { ...roomy, queries: 1 } } });
    await app.ask(met(10));
    app.gate.close();
    assert.equal((await app.post(met(20))).status, 202);
    assert.equal((await app.post(met(10))).status, 200);
    assert.equal((await app.post(met(30))).status, 503);
  });

  test("bound streams and waits by client, and free their places when they end", async (t) => {
    const app = await openApp(t, { services: { limits: { ...roomy, clientStreams: 2 } } });
    app.gate.close();
    const { id } = (await (await app.post(met(10), by("a"))).json()) as Status;
    const streams = [1, 2].map(() => app.request(`/queries/${id}/events`, { headers: by("a") }));
    const [one] = await Promise.all(streams);
    assert.equal((await refusal(await app.request(`/queries/${id}/events`, { headers: by("a") }))).status, 429);
    assert.equal((await refusal(await app.post(met(10), { ...by("a"), prefer: "wait=5" }))).status, 429);
    assert.equal((await app.request(`/queries/${id}`, { headers: by("a") })).status, 200, "polls are not streams");
    await one.body?.cancel();
    const again = await app.request(`/queries/${id}/events`, { headers: by("a") });
    assert.equal(again.status, 200);
    app.gate.open();
    assert.match(await again.text(), /event: done/);
  });

  test("free the place of a client that waits for an answer and goes away", async (t) => {
    const app = await openApp(t, { services: { limits: { ...roomy, clientStreams: 1 } } });
    app.gate.close();
    const gone = new AbortController();
    const headers = { ...by("a"), prefer: "wait=600" };
    const waiting = app.request("/queries", { method: "POST", headers, body: JSON.stringify(met(10)), signal: gone.signal });
    while ((await countsOf(app.services.coordinator)).owned === 0) await new Promise((resolve) => setImmediate(resolve));
    gone.abort();
    await waiting;
    assert.equal((await app.post(met(10), { ...by("a"), prefer: "wait=0.01" })).status, 202);
  });

  test("do not count a query that was refused for its mistakes, nor one that is cancelled", async (t) => {
    const app = await openApp(t, { services: { limits: { ...roomy, queries: 1 } } });
    app.gate.close();
    const bad = { ...met(10), filter: ["NoSuchColumn > 3"] };
    for (let round = 0; round < 3; round++) assert.equal((await app.post(bad)).status, 400);
    const { id } = (await (await app.post(met(10), by("a"))).json()) as Status;
    await app.request(`/queries/${id}`, { method: "DELETE", headers: by("a") });
    assert.equal((await app.post(met(20), by("a"))).status, 202);
  });
});

describe("Tally", () => {
  const limits = { all: "queries", client: "client-queries" } as const;
  const at = (name: string, address?: string) => ({ name, address });
  const refused = (tally: Tally, client: Pick<Client, "name" | "address">, status: number) =>
    assert.throws(
      () => tally.enter(client),
      (error) => error instanceof HttpProblem && error.status === status,
    );

  test("counts each entry once however often it is left, and forgets clients that have none", () => {
    const tally = new Tally({ what: "things", most: 2, mostOfClient: 2, limits });
    const place = tally.enter(at("a"));
    place[Symbol.dispose]();
    place[Symbol.dispose]();
    assert.equal(tally.size, 0);
    const places = [tally.enter(at("a")), tally.enter(at("b"))];
    refused(tally, at("c"), 503);
    for (const each of places) each[Symbol.dispose]();
    assert.equal(tally.size, 0);
  });

  test("refuses many names of one address, and nobody elsewhere, not even one who says the same name", () => {
    const tally = new Tally({ what: "things", most: 100, mostOfClient: 2, limits });
    for (const name of ["a", "b", "c", "d"]) tally.enter(at(name, "10.0.0.1"));
    refused(tally, at("e", "10.0.0.1"), 429);
    for (const place of [1, 2]) assert.ok(tally.enter(at("a", "10.0.0.2")), `${place}`);
    refused(tally, at("a", "10.0.0.2"), 429);
    for (const name of ["a", "b", "c", "d"]) tally.enter(at(name, `2001:db8::${name}`));
    refused(tally, at("e", "2001:db8:0:0:1::e"), 429);
    assert.ok(tally.enter(at("e", "2001:db8:0:1::e")), "another network");
  });

  test("counts amounts that grow, and takes back all of them", () => {
    const tally = new Tally({ what: "bytes", most: 100, mostOfClient: 50, limits });
    const place = tally.enter(at("a"), 30);
    place.grow(20);
    assert.throws(() => place.grow(1), HttpProblem);
    assert.equal(tally.size, 50);
    place[Symbol.dispose]();
    assert.equal(tally.size, 0);
  });
});

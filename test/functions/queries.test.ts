import assert from "node:assert/strict";
import { test } from "node:test";
import type { Problem, Status } from "../../functions/api.ts";
import { createApp } from "../../functions/app.ts";
import { countsOf } from "../contracts/claim-one.ts";
import { putPartial } from "../storage/one-at-a-time.ts";
import { exactSum } from "../support/engine/exact-arithmetic.ts";
import { openApp } from "../support/open-app.ts";
import { until } from "../support/until.ts";

const met = { dataset: "events", histograms: { met: { axes: [{ type: "regular", bins: 10, lower: 0, upper: 200, value: "MET.pt" }] } } };

const valuesOf = (status: Status, name = "met") => status.histograms[name].storage.values as readonly number[];

/** Underflow, bins, overflow, by the definition. */
function count(values: readonly number[], bins: number, lower: number, upper: number): readonly number[] {
  const counts = new Array<number>(bins + 2).fill(0);
  for (const value of values)
    counts[value < lower ? 0 : value >= upper ? bins + 1 : 1 + Math.floor((value - lower) * (bins / (upper - lower)))]++;
  return counts;
}

test("POST /queries queues every partition of a new query and answers 202 with its place", async (t) => {
  const app = await openApp(t);
  app.gate.close();
  const answer = await app.post(met);
  const status = (await answer.json()) as Status;
  assert.equal(answer.status, 202);
  assert.equal(answer.headers.get("location"), `/queries/${status.id}`);
  assert.deepEqual(status.submission, { total: 4, stored: 0, joined: 0, queued: 4 });
  assert.equal(status.events.total, 1000);
});

test("a query's histogram is what counting the events by hand gives", async (t) => {
  const app = await openApp(t);
  const status = await app.ask(met);
  assert.equal(status.state, "done");
  assert.deepEqual(
    valuesOf(status),
    count(
      app.events.map(({ MET_pt }) => MET_pt),
      10,
      0,
      200,
    ),
  );
});

test("totals are the exact sums over all events, whatever the filters keep, and 400 names the place of one that is no number", async (t) => {
  const app = await openApp(t);
  const status = await app.ask({ ...met, filter: "MET.pt > 1e9", totals: { sumw: "genWeight", n: "1" } });
  const sumw = exactSum(app.events.map(({ genWeight }) => genWeight));
  assert.deepEqual(status.totals, { sumw: { value: sumw, nonFinite: 0 }, n: { value: 1000, nonFinite: 0 } });
  assert.deepEqual(((await (await app.request(`/queries/${status.id}`)).json()) as Status).totals, status.totals);
  const answer = await app.post({ ...met, totals: { sumw: "Muon.pt" } });
  assert.equal(answer.status, 400);
  const { errors } = (await answer.json()) as { readonly errors: readonly { readonly at: string }[] };
  assert.deepEqual(
    errors.map(({ at }) => at),
    ["/totals/sumw"],
  );
});

test("filters, weights and cut flow are those of plain loops over the events", async (t) => {
  const app = await openApp(t);
  const status = await app.ask({ ...met, filter: ["Muon.length >= 2", "MET.pt > 50"], weight: "genWeight" });
  const two = app.events.filter(({ Muon }) => Muon.length >= 2);
  const both = two.filter(({ MET_pt }) => MET_pt > 50);
  assert.deepEqual(
    status.cutflow.map(({ events }) => events),
    [app.events.length, two.length, both.length],
  );
  const weight = both.reduce((sum, { genWeight }) => sum + genWeight, 0);
  assert.ok(Math.abs(status.cutflow[2].weight - weight) < 1e-9);
  assert.ok(Math.abs(valuesOf(status).reduce((a, b) => a + b, 0) - weight) < 1e-9);
});

test("a repeated query is answered from the store and computes nothing", async (t) => {
  const app = await openApp(t);
  await app.ask(met);
  const before = app.computed.length;
  const answer = await app.post({ histograms: met.histograms, dataset: "events" });
  const status = (await answer.json()) as Status;
  assert.equal(answer.status, 200);
  assert.deepEqual(status.submission, { total: 4, stored: 4, joined: 0, queued: 0 });
  assert.equal(app.computed.length, before);
});

test("fifty clients that post one query at once compute each partition once and get identical histograms", async (t) => {
  const app = await openApp(t);
  const answers = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const answer = await app.post({ ...met, weight: "genWeight" }, { prefer: "wait=120", "femtoq-client": `client-${index}` });
      return (await answer.json()) as Status;
    }),
  );
  assert.equal(app.computed.length, 4);
  assert.equal(new Set(answers.map(({ histograms }) => JSON.stringify(histograms))).size, 1);
  for (const { submission } of answers) assert.equal(submission!.stored + submission!.joined + submission!.queued, 4);
  assert.equal(
    answers.reduce((sum, { submission }) => sum + submission!.queued, 0),
    4,
  );
});

test("a query that differs in spelling only shares the partials of the first", async (t) => {
  const app = await openApp(t);
  await app.ask({ ...met, filter: "Muon.length>=2" });
  const status = await app.ask({
    dataset: "events",
    define: { enough: "Muon.length  >= 2" },
    filter: ["enough"],
    name: "another name",
    histograms: { other: { axes: [{ ...met.histograms.met.axes[0], label: "MET [GeV]" }] } },
  });
  assert.deepEqual(status.submission, { total: 4, stored: 4, joined: 0, queued: 0 });
  assert.equal(app.computed.length, 4);
});

test("GET /queries/ID/events streams progress and ends with done", async (t) => {
  const app = await openApp(t);
  app.gate.close();
  const { id } = (await (await app.post(met)).json()) as Status;
  const stream = (await app.request(`/queries/${id}/events`)).body!.pipeThrough(new TextDecoderStream()).getReader();
  const first = await stream.read();
  assert.match(first.value!, /^event: progress/);
  app.gate.open();
  let text = first.value!;
  for (let part = await stream.read(); !part.done; part = await stream.read()) text += part.value;
  const last = text.trim().split("\n\n").at(-1)!;
  assert.match(last, /^event: done/);
  const status = JSON.parse(
    last
      .split("\n")
      .find((line) => line.startsWith("data: "))!
      .slice(6),
  ) as Status;
  assert.equal(status.events.done, 1000);
});

test("DELETE by the last client cancels; a later POST starts again and finishes", async (t) => {
  const app = await openApp(t);
  app.gate.close();
  const { id } = (await (await app.post(met, { "femtoq-client": "one" })).json()) as Status;
  await app.post(met, { "femtoq-client": "two" });
  const first = (await (await app.request(`/queries/${id}`, { method: "DELETE", headers: { "femtoq-client": "one" } })).json()) as Status;
  assert.notEqual(first.state, "cancelled");
  const second = (await (await app.request(`/queries/${id}`, { method: "DELETE", headers: { "femtoq-client": "two" } })).json()) as Status;
  assert.equal(second.state, "cancelled");
  app.gate.open();
  const again = await app.ask(met);
  assert.equal(again.state, "done");
  assert.equal(again.events.done, 1000);
  assert.deepEqual(await countsOf(app.services.coordinator), { unowned: 0, owned: 0, failed: 0 });
});

test("?format= and Accept choose UHI, CSV and SVG; an unknown format or histogram is refused", async (t) => {
  const app = await openApp(t);
  const { id } = await app.ask(met);
  const uhi = (await (await app.request(`/queries/${id}?format=uhi&histogram=met`)).json()) as Status["histograms"][string];
  assert.equal(uhi.uhi_schema, 1);
  const csv = await (await app.request(`/queries/${id}`, { headers: { accept: "text/csv" } })).text();
  assert.equal(csv.trim().split("\n").length, 13);
  const typeFor = async (accept: string) => (await app.request(`/queries/${id}`, { headers: { accept } })).headers.get("content-type");
  assert.equal(await typeFor("text/csv;q=0.5, image/svg+xml"), "image/svg+xml");
  assert.equal(await typeFor("text/csv;q=0, text/html, */*;q=0.1"), "application/json");
  assert.equal(await typeFor("application/json;q=0.2,image/*;q=0.9"), "image/svg+xml");
  const svg = await app.request(`/queries/${id}?format=svg`);
  assert.equal(svg.headers.get("content-type"), "image/svg+xml");
  assert.match(await svg.text(), /^<svg/);
  assert.equal((await app.request(`/queries/${id}?format=pdf`)).status, 400);
  assert.equal((await app.request(`/queries/${id}?format=uhi&histogram=mett`)).status, 404);
  assert.equal((await app.request("/queries/0000")).status, 404);
});

test("of several histograms one is chosen by its name, where the form holds only one", async (t) => {
  const app = await openApp(t);
  const { id } = await app.ask({ ...met, histograms: { ...met.histograms, other: met.histograms.met } });
  for (const format of ["csv", "svg", "root"]) {
    const refused = await app.request(`/queries/${id}?format=${format}`);
    const { code, errors } = (await refused.json()) as Problem;
    assert.deepEqual([refused.status, code, errors?.[0]?.near], [400, "several-histograms", ["met", "other"]]);
    assert.equal((await app.request(`/queries/${id}?format=${format}&histogram=other`)).status, 200);
  }
  assert.deepEqual(Object.keys((await (await app.request(`/queries/${id}?format=uhi`)).json()) as object), ["met", "other"]);
});

test("a damaged stored partial is detected, computed again, and the answer is right", async (t) => {
  const app = await openApp(t);
  const explained = (await (await app.request("/queries/explain", { method: "POST", body: JSON.stringify(met) })).json()) as {
    programKey: string;
  };
  const dataset = await app.services.catalogue.get("events");
  await putPartial(app.services.store, `${explained.programKey}:${dataset!.partitions[1].fingerprint}`, new Uint8Array(200).fill(7));
  const status = await app.ask(met);
  assert.equal(status.state, "done");
  assert.deepEqual(
    valuesOf(status),
    count(
      app.events.map(({ MET_pt }) => MET_pt),
      10,
      0,
      200,
    ),
  );
  assert.ok(app.lines.some(({ level, message }) => level === "error" && message.includes("computed again")));
});

test("a damaged stored result is detected, merged again, and stored anew", async (t) => {
  const app = await openApp(t);
  const { store } = app.services;
  const first = await app.ask(met);
  const { planKey } = (await store.getQuery(first.id))!;
  // The result is being stored when the end is told.
  await until(async () => (await store.getResult(planKey)) !== undefined, "the result stored");
  const sound = (await store.getResult(planKey))!.bytes;
  await store.dropResult(planKey);
  await store.putResult(planKey, sound.with(100, sound[100]! ^ 1));
  const again = createApp(app.services);
  const ask = async () =>
    (await (
      await again.request("/queries", { method: "POST", body: JSON.stringify(met), headers: { prefer: "wait=120" } })
    ).json()) as Status;
  const { state, histograms, submission } = await ask();
  assert.deepEqual([state, histograms, submission?.stored], ["done", first.histograms, 4]);
  assert.ok(app.lines.some(({ level, message }) => level === "error" && /result is damaged.*merged again/.test(message)));
  await until(async () => Buffer.from(sound).equals((await store.getResult(planKey))?.bytes ?? Buffer.of()), "the result stored anew");
  assert.equal(app.computed.length, 4);
});

test("POST /queries/explain tells columns and partitions and queues nothing", async (t) => {
  const app = await openApp(t);
  const explained = (await (await app.request("/queries/explain", { method: "POST", body: JSON.stringify(met) })).json()) as {
    columns: { name: string }[];
    partitions: { total: number; toCompute: number };
  };
  assert.deepEqual(
    explained.columns.map(({ name }) => name),
    ["MET_pt"],
  );
  assert.equal(explained.partitions.toCompute, 4);
  assert.equal(app.computed.length, 0);
  assert.deepEqual(await countsOf(app.services.coordinator), { unowned: 0, owned: 0, failed: 0 });
});

test("POST /queries/explain tells bytes, loops and costs, and what variations add", async (t) => {
  const app = await openApp(t);
  const body = JSON.stringify({ ...met, variations: { up: { define: { MET: "({ ...MET, pt: MET.pt * 1.1 })" } }, same: { filter: [] } } });
  const { plan } = (await (await app.request("/queries/explain", { method: "POST", body })).json()) as {
    readonly plan: {
      readonly columns: readonly object[];
      readonly loops: readonly object[];
      readonly variations: readonly { readonly name: string; readonly added: number }[];
    };
  };
  assert.deepEqual(plan.columns, [{ name: "MET_pt", bytes: 4 * 1000 }]);
  assert.deepEqual(plan.loops, [{ way: "flat", over: "MET_pt", wide: true, fills: ["met"] }]);
  assert.deepEqual(
    plan.variations.map(({ name, added }) => [name, added]),
    [
      ["up", 5],
      ["same", 0],
    ],
  );
});

test("POST /queries/explain tells about how large lists are", async (t) => {
  const app = await openApp(t);
  const body = JSON.stringify({ ...met, histograms: { pt: { axes: [{ ...met.histograms.met.axes[0], value: "Muon.pt" }] } } });
  const { plan } = (await (await app.request("/queries/explain", { method: "POST", body })).json()) as {
    readonly plan: { readonly columns: readonly { readonly name: string; readonly bytes: number }[] };
  };
  const count = app.events.reduce((sum, { Muon }) => sum + Muon.length, 0);
  const [column] = plan.columns;
  assert.equal(column!.name, "Muon_pt");
  assert.ok(column!.bytes >= 4 * count && column!.bytes <= 8 * count + 100, `${column!.bytes} bytes of ${count} muons`);
});

test("POST /queries/explain repeats the start of long expressions, and says how long they are", async (t) => {
  const app = await openApp(t);
  const value = `${"MET.pt + ".repeat(400)}1`;
  const body = JSON.stringify({
    ...met,
    filter: [`${value} > 0`],
    histograms: { h: { axes: [{ ...met.histograms.met.axes[0], value }] } },
  });
  const explained = (await (await app.request("/queries/explain", { method: "POST", body })).json()) as {
    readonly filters: readonly string[];
    readonly histograms: readonly { readonly values: readonly string[] }[];
  };
  assert.equal(explained.histograms[0]!.values[0], `${value.slice(0, 200)}… (the first 200 of 3601 characters)`);
  assert.match(explained.filters[0]!, /… \(the first 200 of 3605 characters\)$/);
});

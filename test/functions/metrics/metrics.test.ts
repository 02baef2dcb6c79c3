import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { measureStore } from "../../../functions/metrics/measure-services.ts";
import { type Metric, metrics } from "../../../functions/metrics/metrics.ts";
import { createMeter } from "../../../runtime/observe/prometheus.ts";
import { openStore } from "../../../storage/embedded/embedded-store.ts";
import { countsOf } from "../../contracts/claim-one.ts";
import { recordingLog, silent } from "../../runtime/silent-log.ts";
import { putPartial } from "../../storage/one-at-a-time.ts";
import { makeTemporaryDirectory } from "../../storage/temporary-directory.ts";
import { openApp } from "../../support/open-app.ts";
import { readSeries } from "../../support/read-series.ts";
import { until } from "../../support/until.ts";

const met = (upper: number, more: object = {}) => ({
  dataset: "events",
  histograms: { met: { axes: [{ type: "regular", bins: 10, lower: 0, upper, value: "MET.pt" }] } },
  ...more,
});

describe("GET /metrics", () => {
  test("counts queries by what they needed, and times requests", async (t) => {
    const meter = createMeter({ log: silent });
    const app = await openApp(t, { services: { meter } });
    await app.ask(met(100));
    await app.ask(met(100));
    await app.post({ dataset: "events" });
    await app.request("/datasets");
    const answer = await app.request("/metrics");
    assert.equal(answer.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    const series = readSeries(await answer.text());
    const value = (name: string) => series.get(name);
    assert.equal(value('femtoq_queries_total{outcome="queued"}'), 1);
    assert.equal(value('femtoq_queries_total{outcome="stored"}'), 1);
    assert.equal(value('femtoq_queries_total{outcome="refused"}'), 1);
    assert.equal(value('femtoq_queries_ended_total{state="done"}'), 1);
    assert.equal(value('femtoq_claim_wait_seconds_count{priority="500-599"}'), 4);
    assert.equal(value("femtoq_merge_seconds_count"), 4);
    assert.equal(value('femtoq_http_seconds_count{route="queries"}'), 3);
    assert.equal(value('femtoq_http_seconds_count{route="datasets"}'), 1);
    assert.equal(value('femtoq_http_answers_total{status="4xx"}'), 1);
  });

  test("shows what waits by priority, what follows, and nothing of it when all has ended", async (t) => {
    const meter = createMeter({ log: silent });
    const app = await openApp(t, { services: { meter } });
    const scrape = async () => readSeries(await (await app.request("/metrics")).text());
    app.gate.close();
    for (const upper of [10, 20, 30]) await app.post(met(upper, { priority: 250 }));
    const { id } = (await (await app.post(met(40, { priority: 999 }))).json()) as { id: string };
    const stream = await app.request(`/queries/${id}/events`);
    const during = await scrape();
    const waiting = (await countsOf(app.services.coordinator)).unowned;
    const depth = (band: string) => during.get(`femtoq_queue_depth{priority="${band}"}`)!;
    assert.ok(depth("900-999") > 0 && depth("200-299") > 0);
    assert.equal(depth("900-999") + depth("200-299"), waiting);
    assert.ok(during.get('femtoq_queue_age_seconds{priority="200-299"}')! > 0);
    const inFlight = (state: string) => during.get(`femtoq_queries_in_flight{state="${state}"}`)!;
    assert.equal(inFlight("waiting") + inFlight("running"), 4);
    assert.equal(during.get("femtoq_event_streams"), 1);
    app.gate.open();
    await stream.text();
    for (const upper of [10, 20, 30]) await app.ask(met(upper, { priority: 250 }));
    const isOfWork = (name: string) => /^femtoq_(queue_|queries_in|event_streams)/.test(name);
    const left = async () => [...(await scrape())].filter(([name, value]) => isOfWork(name) && value !== 0).map(([name]) => name);
    // A query that has ended is under way until its result is stored.
    await until(async () => (await left()).length === 0, "an end of all work");
    assert.ok([...(await scrape()).keys()].some(isOfWork));
  });

  test("has the same series after queries, clients, paths and methods of all kinds as before", async (t) => {
    const meter = createMeter({ log: silent });
    const app = await openApp(t, { services: { meter } });
    const names = async () =>
      [...readSeries(await (await app.request("/metrics")).text()).keys()].filter((name) => name.startsWith("femtoq_"));
    const before = await names();
    await app.ask(met(100, { name: "odd\n{name}" }));
    await app.post(met(100), { "femtoq-client": "somebody" });
    for (const path of ["/constructor", "/__proto__", "/queries/x/y/z", "/datasets/no", "//", "/functions/no"]) await app.request(path);
    await app.request("/queries", { method: "PROPFIND" });
    assert.deepEqual(await names(), before);
  });

  test("leaves out a gauge that cannot be read, says so in the log, and has the rest", async () => {
    const { log, lines } = recordingLog();
    const meter = createMeter({ log });
    meter.gauge("femtoq_store_bytes", () => Promise.reject(new Error("gone")));
    meter.gauge("femtoq_cache_bytes", () => 7);
    const series = readSeries(await meter.write());
    assert.equal(series.has("femtoq_store_bytes"), false);
    assert.equal(series.get("femtoq_cache_bytes"), 7);
    assert.deepEqual(
      lines.map(({ fields }) => fields.metric),
      ["femtoq_store_bytes"],
    );
  });
});

test("measureStore times calls and counts failures, and changes nothing else of the store", async (t) => {
  const directory = await makeTemporaryDirectory(t);
  const store = await openStore({ directory, limit: 1000 });
  const meter = createMeter({ log: silent });
  const measured = measureStore(store, meter);
  assert.equal(await putPartial(measured, "a", new Uint8Array(10)), "inserted");
  await assert.rejects(measured.putResult("b", new Uint8Array(2000)), { name: "StoreError", code: "too-large" });
  assert.equal((await measured.usage()).bytes, 10);
  await measured.close();
  const series = readSeries(await meter.write());
  assert.equal(series.get('femtoq_store_seconds_count{operation="putPartials"}'), 1);
  assert.equal(series.get('femtoq_store_failures_total{operation="putResult"}'), 1);
});

describe("metrics", () => {
  test("have at most one label, of at most twenty values", () => {
    for (const [name, { label }] of Object.entries<Metric>(metrics)) assert.ok((label?.values.length ?? 0) <= 20, name);
  });

  test("are all named in docs/metrics.md, which names no other", async () => {
    const text = await readFile(new URL("../../../docs/metrics.md", import.meta.url), "utf8");
    const named = new Set([...text.matchAll(/^\| `(femtoq_\w+)`/gm)].map(([, name]) => name));
    assert.deepEqual([...named].sort(), Object.keys(metrics).sort());
  });

  test("are what the dashboard's queries ask for, with labels that they have", async () => {
    const dashboard = JSON.parse(await readFile(new URL("../../../docs/grafana-dashboard.json", import.meta.url), "utf8")) as Dashboard;
    const written = await createMeter({ log: silent }).write();
    const types = new Map([...written.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, kind]) => [name, kind]));
    const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    assert.ok(queries.length > 20);
    for (const expr of [...queries, ...dashboard.templating.list.map(({ query }) => (typeof query === "string" ? "" : query.query))]) {
      for (const [, name] of expr.matchAll(/\b((?:femtoq|nodejs|process)_\w+)/g)) {
        const base = name.replace(/_(bucket|sum|count)$/, "");
        assert.ok(types.get(base) === "histogram" || types.has(name), `${name} in ${expr}`);
        const label = (metrics as Readonly<Record<string, Metric>>)[base]?.label?.name;
        const by = /by \(([^)]*)\)/.exec(expr)?.[1]?.split(",") ?? [];
        for (const each of by) assert.ok(["le", "instance", label].includes(each.trim()), `${each} in ${expr}`);
      }
    }
  });
});

interface Dashboard {
  readonly panels: readonly { readonly targets?: readonly { readonly expr: string }[] }[];
  readonly templating: { readonly list: readonly { readonly query: string | { readonly query: string } }[] };
}

/** Rows by HTTP: against plain JavaScript over the same events, as JSON lines and as Parquet that hyparquet reads. */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parquetReadObjects } from "hyparquet";
import { usualLimits } from "../../functions/admission/limits.ts";
import type { Problem, Status } from "../../functions/api.ts";
import { openApp, type TestApp } from "../support/open-app.ts";
import type { TestEvent } from "../support/write-events.ts";

const columns = { lead: "Muon[0].pt", n: "Muon.length", met: "MET.pt", high: "MET.pt > 100", ratio: "MET.pt / 0" };
const query = { dataset: "events", filter: "Muon.length != 1", rows: { columns } };
const rowOf = ({ MET_pt, Muon }: TestEvent) => ({
  lead: Muon[0]?.pt ?? null,
  n: Muon.length,
  met: MET_pt,
  high: MET_pt > 100,
  ratio: MET_pt / 0,
});
const expectedRows = ({ events }: TestApp) => events.filter(({ Muon }) => Muon.length !== 1).map(rowOf);
/** Converts numbers that are not finite to their form in JSON. */
const asJson = (rows: readonly object[]) =>
  rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name, typeof value === "number" && !Number.isFinite(value) ? String(value) : value]),
    ),
  );

const readLines = (text: string) =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));

test("rows come in the order of the dataset, whatever the order in which partitions were computed", async (t) => {
  const app = await openApp(t);
  const status = await app.ask(query);
  const expected = expectedRows(app);
  assert.deepEqual(status.rows, { columns: Object.keys(columns), count: expected.length, limit: 100_000 });
  assert.deepEqual([status.histograms, status.cutflow[1]!.events], [{}, expected.length]);
  const answer = await app.request(`/queries/${status.id}?format=jsonl`);
  assert.equal(answer.headers.get("content-type"), "application/x-ndjson");
  const text = await answer.text();
  assert.deepEqual(readLines(text), asJson(expected));
  const again = await app.post(query, { prefer: "wait=60", accept: "application/x-ndjson" });
  assert.equal(await again.text(), text);
  assert.equal(app.computed.length, 4);
});

test("rows as Parquet have the same values, of their types, in few row groups", async (t) => {
  const app = await openApp(t);
  const { id } = await app.ask({ ...query, rows: { columns: { ...columns, kind: "Muon.length > 1 ? 'many' : 'ñone'" } } });
  const file = await (await app.request(`/queries/${id}?format=parquet`)).arrayBuffer();
  const expected = expectedRows(app).map((row) => ({ ...row, kind: row.n > 1 ? "many" : "ñone" }));
  assert.deepEqual(await parquetReadObjects({ file }), expected);
});

test("a limit takes the first rows of the dataset; nothing else of the query changes by it", async (t) => {
  const app = await openApp(t);
  const expected = asJson(expectedRows(app));
  for (const limit of [1, 400]) {
    const { id, rows, cutflow } = await app.ask({ ...query, rows: { columns, limit } });
    assert.deepEqual([rows!.count, cutflow[1]!.events], [limit, expected.length]);
    const text = await (await app.request(`/queries/${id}?format=jsonl`)).text();
    assert.deepEqual(readLines(text), expected.slice(0, limit));
  }
});

test("no rows are a file without rows; until the query has ended the answer is its status", async (t) => {
  const app = await openApp(t);
  app.gate.close();
  const none = { ...query, filter: "MET.pt < 0" };
  const first = await app.post(none, { accept: "application/x-ndjson" });
  assert.equal(first.status, 202);
  const { id, state } = (await first.json()) as Status;
  assert.ok(state !== "done");
  assert.equal((await app.request(`/queries/${id}?format=parquet`)).status, 202);
  app.gate.open();
  await app.ask(none);
  assert.equal(await (await app.request(`/queries/${id}?format=jsonl`)).text(), "");
  assert.deepEqual(await parquetReadObjects({ file: await (await app.request(`/queries/${id}?format=parquet`)).arrayBuffer() }), []);
});

test("rows that the store has lost are computed again when they are asked for again", async (t) => {
  const app = await openApp(t);
  const { id } = await app.ask(query);
  const stored = await app.services.store.getQuery(id);
  const plan = (await app.services.store.getPlans([stored!.planKey])).get(stored!.planKey)!;
  await app.services.store.dropPartial(`${plan.programKey}:${plan.partitions[0]!.fingerprint}`);
  const gone = await app.request(`/queries/${id}?format=jsonl`);
  assert.deepEqual([gone.status, ((await gone.json()) as Problem).code], [409, "rows-gone"]);
  const { cutflow, rows } = await app.ask(query);
  assert.deepEqual([cutflow[0]!.events, rows!.count, app.computed.length], [1000, expectedRows(app).length, 5]);
  const text = await (await app.request(`/queries/${id}?format=jsonl`)).text();
  assert.deepEqual(readLines(text), asJson(expectedRows(app)));
});

test("rows that nobody reads are bounded in bytes, and make room when their reader goes", async (t) => {
  const columns = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`met${index}`, `MET.pt * ${index}`]));
  // 50 columns of 1,000 events, each 9 bytes, encoded and decoded.
  const bytes = 2 * 9 * 50 * 1_000;
  const limits = { ...usualLimits, rowBytes: 3 * bytes, clientRowBytes: 2 * bytes, refusalPause: 0 };
  const app = await openApp(t, { services: { limits } });
  const { id } = await app.ask({ dataset: "events", rows: { columns } });
  const begin = (client: string) => app.request(`/queries/${id}?format=jsonl`, { headers: { "femtoq-client": client } });
  const begun = [await begin("a"), await begin("a")];
  assert.deepEqual(
    begun.map(({ status }) => status),
    [200, 200],
  );
  const refused = await begin("a");
  assert.equal(refused.status, 429);
  assert.match(((await refused.json()) as Problem).detail!, /bytes of rows being sent/);
  assert.equal((await begin("b")).status, 200);
  assert.equal((await begin("c")).status, 503);
  await begun[0]!.body!.cancel();
  assert.equal((await begin("a")).status, 200);
});

test("what cannot be rows is refused at its place; formats of rows are refused for queries without", async (t) => {
  const app = await openApp(t);
  const refuse = async (rows: object) => {
    const answer = await app.post({ dataset: "events", rows });
    assert.equal(answer.status, 400);
    return ((await answer.json()) as Problem).errors!.map(({ at, message }) => `${at} ${message}`);
  };
  assert.deepEqual(await refuse({ columns: { all: "Muon.pt", mu: "Muon[0]", no: "Muom.pt" } }), [
    "/rows/columns/all a column of rows must be one number, boolean or string per event, but this is a list of numbers: take one element, such as [0], or reduce it (sum, min, max, length, some, every)",
    "/rows/columns/mu a column of rows must be one number, boolean or string per event, but this is a Muon record that may be missing: take one of its fields, pt, eta, phi, mass, charge",
    "/rows/columns/no there is no column, define or parameter 'Muom'",
  ]);
  assert.deepEqual(await refuse({ columns: {} }), ["/rows/columns rows need at least one column"]);
  assert.match((await refuse({ columns, limit: 2e6 }))[0]!, /^\/rows\/limit can be at most 1000000/);
  const { id } = await app.ask({ dataset: "events", totals: { n: "1" } });
  assert.equal((await app.request(`/queries/${id}?format=jsonl`)).status, 422);
  assert.equal((await app.request(`/queries/${id}?format=svg`)).status, 404);
});

test("forms of histograms are refused for queries with rows alone", async (t) => {
  const app = await openApp(t);
  const { id } = await app.ask(query);
  for (const format of ["csv", "svg", "root", "uhi"]) {
    const answer = await app.request(`/queries/${id}?format=${format}`);
    assert.equal(answer.status, 404);
    assert.match(((await answer.json()) as Problem).detail, /^The query has rows and no histograms: ask for them as jsonl or parquet/);
  }
});

test("rows of a query of which every partition failed are refused with the reason", async (t) => {
  const app = await openApp(t);
  app.gate.close();
  const failing = (await (await app.post(query)).json()) as Status;
  await rm(join(app.directory, "events.parquet"));
  app.gate.open();
  await (await app.request(`/queries/${failing.id}/events`)).text();
  const refused = await app.request(`/queries/${failing.id}?format=jsonl`);
  assert.equal(refused.status, 409);
  assert.match(((await refused.json()) as Problem).detail, /each of its 4 partitions failed, the first of them, in .*events\.parquet: \w/);
});

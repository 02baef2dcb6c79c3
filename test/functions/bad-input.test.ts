import assert from "node:assert/strict";
import { rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Problem, Status } from "../../functions/api.ts";
import { countsOf } from "../contracts/claim-one.ts";
import { openApp } from "../support/open-app.ts";
import { makeEvents, writeEvents } from "../support/write-events.ts";

const axis = (value: string) => ({ type: "regular", bins: 10, lower: 0, upper: 200, value });
const of = (value: string, rest: object = {}) => ({ dataset: "events", histograms: { h: { axes: [axis(value)] } }, ...rest });
const withAxis = (changes: object) => ({ dataset: "events", histograms: { h: { axes: [{ ...axis("MET.pt"), ...changes }] } } });

interface Case {
  readonly what: string;
  readonly body: unknown;
  readonly status?: number;
  readonly at?: string;
  readonly says?: RegExp;
  readonly near?: string;
  readonly place?: readonly [line: number, column: number];
}

const cases: readonly Case[] = [
  { what: "broken JSON", body: '{"dataset": "events",', says: /not JSON/ },
  { what: "an empty body", body: "", says: /no body/ },
  { what: "a body that is a list", body: "[]" },
  { what: "a body that is null", body: "null" },
  { what: "an unknown field", body: { ...of("MET.pt"), filters: "true" }, at: "/filters", near: "filter" },
  { what: "an unknown field of an axis", body: withAxis({ bin: 3 }), at: "/histograms/h/axes/0/bin", near: "bins" },
  { what: "an unknown dataset", body: { ...of("MET.pt"), dataset: "event" }, at: "/dataset", near: "events" },
  { what: "an unknown column", body: of("MTE.pt"), at: "/histograms/h/axes/0/value", near: "MET", place: [1, 1] },
  { what: "an unknown field of a collection", body: of("Muon.map(m =>\n  m.pz2 + m.ptt)"), says: /no field/, near: "pz", place: [2, 5] },
  { what: "an unknown function", body: of("sqr(MET.pt)"), near: "sqrt", place: [1, 1] },
  { what: "an unknown method", body: of("Muon.filtre(m => true)"), near: "filter", place: [1, 6] },
  { what: "a type error", body: of("MET.pt +\n Muon.pt"), at: "/histograms/h/axes/0/value", says: /list of numbers/, place: [2, 2] },
  { what: "a filter that is a number", body: of("MET.pt", { filter: "MET.pt" }), at: "/filter", says: /boolean/ },
  { what: "cyclic defines", body: of("a", { define: { a: "b + 1", b: "c", c: "a" } }), says: /a → b → c → a/ },
  {
    what: "unrelated lists",
    body: { dataset: "events", histograms: { h: { axes: [axis("Muon.pt"), axis("Muon.filter(m => m.pt > 5).eta")] } } },
    at: "/histograms/h/axes/1/value",
    says: /cross/,
  },
  { what: "a list of lists", body: of("Muon.map(m => Muon.map(n => n.pt))"), says: /flatMap/ },
  { what: "zero bins", body: withAxis({ bins: 0 }), at: "/histograms/h/axes/0/bins" },
  { what: "a billion bins", body: withAxis({ bins: 1e9 }), at: "/histograms/h/axes/0/bins" },
  {
    what: "many bins together",
    body: {
      dataset: "events",
      histograms: {
        h: {
          axes: [
            { ...axis("MET.pt"), bins: 9999 },
            { ...axis("MET.pt"), bins: 9999 },
          ],
        },
      },
    },
    at: "/histograms",
  },
  { what: "an edge that is no number", body: JSON.stringify(withAxis({ lower: 1 })).replace('"lower":1', '"lower":NaN'), says: /not JSON/ },
  { what: "an edge that is null", body: withAxis({ upper: null }), at: "/histograms/h/axes/0/upper" },
  {
    what: "an edge beyond float64",
    body: JSON.stringify(withAxis({ upper: 1 })).replace('"upper":1', '"upper":1e999'),
    at: "/histograms/h/axes/0/upper",
  },
  {
    what: "edges that do not increase",
    body: { dataset: "events", histograms: { h: { axes: [{ type: "variable", edges: [0, 2, 2], value: "MET.pt" }] } } },
    at: "/histograms/h/axes/0/edges",
  },
  { what: "no histograms", body: { dataset: "events", histograms: {} }, at: "/histograms" },
  { what: "a body of 2 MB", body: JSON.stringify(of(`MET.pt ${" ".repeat(2_000_000)}`)), status: 413 },
  { what: "brackets nested deeply", body: of(`${"(".repeat(5000)}MET.pt${")".repeat(5000)}`), says: /nested too deeply/ },
  { what: "operators nested deeply", body: of(`${"-".repeat(1).concat(" ").repeat(9000)}MET.pt`), says: /nested too deeply/ },
  { what: "JSON nested deeply", body: `{"dataset":${"[".repeat(100_000)}${"]".repeat(100_000)},"histograms":{}}`, at: "/dataset" },
  {
    what: "an expression of 100,000 characters",
    body: of(`MET.pt${" + MET.pt".repeat(11_000)}`),
    at: "/histograms/h/axes/0/value",
    says: /20000 characters/,
  },
  {
    what: "defines that double",
    body: of("d25", { define: Object.fromEntries([...Array(26)].map((_, i) => [`d${i}`, i === 0 ? "nope" : `d${i - 1} + d${i - 1}`])) }),
    at: "/define/d0",
  },
  { what: "constructor as a name in an expression", body: of("constructor"), says: /no column/ },
  { what: "__proto__ as a name in an expression", body: of("__proto__.polluted"), says: /no column/ },
  { what: "constructor as a member", body: of("Muon.map(m => m.constructor)"), says: /no field/ },
  { what: "constructor of a call", body: of("MET.constructor.constructor(1)"), says: /./ },
  {
    what: "__proto__ as a histogram's name",
    body: '{"dataset":"events","histograms":{"__proto__":{"axes":[]}}}',
    at: "/histograms/__proto__",
    says: /reserved/,
  },
  {
    what: "constructor as a define's name",
    body: of("MET.pt", { define: { constructor: "1" } }),
    at: "/define/constructor",
    says: /reserved/,
  },
  { what: "__proto__ as a field", body: '{"__proto__":{"dataset":"events"},"dataset":"events","histograms":{}}', at: "/__proto__" },
  { what: "a statement", body: of("while (true) {}"), says: /statements/ },
  { what: "an assignment", body: of("MET = 3"), says: /assigns/ },
  { what: "a method that there is not", body: of("Muon.heaviest(m => m.mass).pt"), says: /heaviest/ },
  { what: "an axis without its categories", body: withAxis({ type: "category" }), says: /must be a list of whole numbers/ },
  { what: "a priority out of range", body: of("MET.pt", { priority: 1000 }), at: "/priority" },
];

test("bad queries get a 4xx problem that says where and what, and nothing is queued", async (t) => {
  const app = await openApp(t);
  for (const { what, body, status = 400, at, says, near, place } of cases) {
    await t.test(what, async () => {
      const answer = await app.post(body);
      assert.equal(answer.status, status);
      assert.equal(answer.headers.get("content-type"), "application/problem+json");
      const problem = (await answer.json()) as Problem;
      assert.ok(problem.code.length > 0 && problem.detail.length > 0);
      const [first] = problem.errors ?? [];
      if (at !== undefined)
        assert.ok(
          problem.errors?.some((issue) => issue.at === at),
          `no error at ${at}: ${JSON.stringify(problem.errors)}`,
        );
      if (says) assert.match(JSON.stringify(problem), says);
      if (near !== undefined) assert.ok(first?.near?.includes(near), `${near} is not near: ${JSON.stringify(first)}`);
      if (place) assert.deepEqual([first?.line, first?.column], place);
    });
  }
  assert.deepEqual(await countsOf(app.services.coordinator), { unowned: 0, owned: 0, failed: 0 });
  assert.equal(app.computed.length, 0);
  assert.equal(app.lines.filter(({ level }) => level === "error").length, 0);
});

test("bad requests outside the query get a 4xx problem too", async (t) => {
  const app = await openApp(t);
  const json = (body: unknown) => ({ method: "POST", body: JSON.stringify(body) });
  const requests: readonly (readonly [string, RequestInit | undefined, number])[] = [
    ["/nowhere", undefined, 404],
    ["/queries/../../etc/passwd", undefined, 404],
    ["/queries/%2e%2e%2fpasswd", undefined, 404],
    ["/datasets/none", undefined, 404],
    ["/datasets/__proto__", undefined, 404],
    ["/functions/none", undefined, 404],
    ["/functions/constructor", undefined, 404],
    ["/functions/dimuon-mass?ptMn=3", undefined, 400],
    ["/functions/dimuon-mass?bins=many", undefined, 400],
    ["/functions/spectrum?value=MET.pt;drop", undefined, 400],
    ["/functions/spectrum", json([1]), 400],
    ["/compute", json({}), 404],
    ["/queries", { ...json(of("MET.pt")), headers: { "femtoq-client": "a b" } }, 400],
    ["/queries", { ...json(of("MET.pt")), headers: { prefer: "wait=forever" } }, 400],
    ["/queries", { ...json(of("MET.pt")), headers: { origin: "http://elsewhere.example" } }, 403],
  ];
  for (const [path, init, status] of requests) {
    const answer = await app.request(path, init);
    assert.equal(answer.status, status, `${path} ${JSON.stringify(init)}: ${await answer.clone().text()}`);
    assert.ok(((await answer.json()) as Problem).detail.length > 0);
  }
  assert.deepEqual(await countsOf(app.services.coordinator), { unowned: 0, owned: 0, failed: 0 });
});

test("a truncated file is named as failed with its cause, and the other partitions count", async (t) => {
  const base = await openApp(t);
  const whole = join(base.directory, "part-0.parquet");
  const cut = join(base.directory, "part-1.parquet");
  await writeEvents(whole, makeEvents(500, 2), 500);
  await writeEvents(cut, makeEvents(500, 3), 500);
  await truncate(cut, 2000);
  const app = await openApp(t, { extraData: [`mixed=${join(base.directory, "part-*.parquet")}`] });
  const query = { ...of("MET.pt"), dataset: "mixed" };
  const status = await app.ask(query);
  assert.equal(status.state, "done");
  assert.deepEqual({ ...status.partitions }, { total: 2, waiting: 0, loading: 0, running: 0, done: 1, failed: 1 });
  assert.equal(status.events.done, 500);
  assert.equal(status.failures[0].file, "part-1.parquet");
  assert.ok(status.failures[0].cause.length > 10);
  const again = await app.ask(query);
  assert.deepEqual(again.submission, { total: 2, stored: 2, joined: 0, queued: 0 });
  assert.equal(app.computed.filter(({ partition }) => partition === 1).length, 1);
});

test("a file that goes missing after the query was planned fails its partitions only", async (t) => {
  const base = await openApp(t);
  const gone = join(base.directory, "gone.parquet");
  await writeEvents(gone, makeEvents(500, 4), 250);
  const app = await openApp(t, { extraData: [`going=${gone}`] });
  app.gate.close();
  const { id } = (await (await app.post({ ...of("MET.pt"), dataset: "going" })).json()) as Status;
  await rm(gone);
  app.gate.open();
  const text = await (await app.request(`/queries/${id}/events`)).text();
  assert.match(text, /event: failed\n/);
  const status = (await (await app.request(`/queries/${id}`)).json()) as Status;
  assert.equal(status.state, "failed");
  assert.equal(status.failures.length, 2);
});

test("retry computes failed partitions again, and nothing else", async (t) => {
  const base = await openApp(t);
  const path = join(base.directory, "half-0.parquet");
  const cut = join(base.directory, "half-1.parquet");
  await writeEvents(path, makeEvents(300, 5), 300);
  await writeFile(cut, "not a Parquet file at all");
  const app = await openApp(t, { extraData: [`half=${join(base.directory, "half-*.parquet")}`] });
  const { id } = await app.ask({ ...of("MET.pt"), dataset: "half" });
  const before = app.computed.length;
  const answer = await app.request(`/queries/${id}/retry`, { method: "POST" });
  assert.equal(((await answer.json()) as { retried: number }).retried, 1);
  const text = await (await app.request(`/queries/${id}/events`)).text();
  assert.match(text, /event: done\n/);
  assert.deepEqual(
    app.computed.slice(before).map(({ partition }) => partition),
    [1],
  );
});

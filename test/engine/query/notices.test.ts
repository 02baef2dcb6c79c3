import assert from "node:assert/strict";
import { test } from "node:test";
import type { Column, Schema } from "../../../engine/program/schema.ts";
import { makeProgram } from "../../../engine/query/make-program.ts";
import { noticesOf } from "../../../engine/query/notices.ts";
import { readQuery } from "../../../engine/query/query.ts";
import { histogramOf } from "../../support/find-issues.ts";

const column = (name: string, more: Partial<Column> = {}): Column => ({ name, dtype: "float32", nullable: false, lists: [], ...more });
const muon = (field: string, more: Partial<Column> = {}) =>
  column(`Muon_${field}`, { lists: ["Muon"], member: { record: "Muon", field }, ...more });
const schema: Schema = {
  columns: [
    column("event", { dtype: "uint64", isRounded: true }),
    column("run", { dtype: "int64" }),
    muon("pt"),
    muon("eta"),
    muon("id", { dtype: "int64", isRounded: true }),
    column("MET_pt", { member: { record: "MET", field: "pt" } }),
  ],
  unsupported: [],
};

function notices(query: object): readonly string[] {
  const read = readQuery({ dataset: "test", ...query });
  return noticesOf(read, makeProgram(read, schema), schema);
}
const ofValue = (value: string) => notices({ histograms: { h: histogramOf(value) } });

for (const [what, value, named] of [
  ["a remainder", "event % 10", "event"],
  ["a function", "abs(Muon[0].id)", "Muon.id"],
  ["an axis", "event", "event"],
  ["a list's sum", "Muon.id.sum()", "Muon.id"],
  ["a choice between it and a number", "event > 3 ? event : MET.pt", "event"],
] as const) {
  test(`a query that rounds 64-bit integers is told so: ${what}`, () => {
    const [notice, ...others] = ofValue(value);
    assert.match(notice ?? "none", new RegExp(`^${named} may hold integers beyond 2\\^53, which float64 rounds`));
    assert.deepEqual(others, []);
  });
}

test("operators on bits of 64-bit integers are told which bits they take", () => {
  assert.match(ofValue("event & 4")[0]!, /^of event, 64-bit integers, operators on bits take the 32 lowest bits/);
});

test("a mask of more than 32 bits is told to lose them", () => {
  assert.match(ofValue("MET.pt & 8589934592")[0]!, /^operators on bits take the 32 lowest bits, as in JavaScript, and 8589934592 has more/);
  assert.deepEqual(ofValue("MET.pt & 4294967295"), []);
});

test("what is compared only, chosen, or known to be small enough is not rounded", () => {
  for (const value of [
    "event == 9007199254740993 ? 1 : 0",
    "Muon.find(m => m.id == event).pt",
    "run % 10",
    "Muon.sortBy(m => m.id)[0].pt",
    "(MET.pt > 3 ? event : 0) > 7 ? 1 : 0",
  ])
    assert.deepEqual(ofValue(value), [], value);
  assert.deepEqual(
    notices({ totals: { all: "event" }, histograms: { h: { axes: [{ type: "category", categories: [1, 2], value: "event" }] } } }),
    [],
  );
});

test("an integer that is written as a row is exact; what is computed of it there is of the nearest float64", () => {
  assert.deepEqual(notices({ rows: { columns: { event: "event", run: "run", is: "event == 3" } } }), []);
  const said = notices({ rows: { columns: { twice: "event * 2" } } });
  assert.deepEqual(
    said.map((each) => each.slice(0, 5)),
    ["event"],
  );
});

const up = { define: { Muon: "Muon.map(m => ({ ...m, pt: m.pt * 1.02 }))" } };
const h = histogramOf("Muon.pt");

test("a varied collection whose columns are read by their full names is told of, with the place", () => {
  const query = { define: { lead: "Muon_pt.max()" }, filter: "lead > 20", histograms: { h }, variations: { up } };
  assert.deepEqual(notices(query), ["the variation up varies Muon, but /define/lead uses Muon_pt, which stays nominal: write Muon.pt"]);
  assert.deepEqual(
    notices({ histograms: { h: histogramOf("MET_pt") }, variations: { up: { define: { MET: "({ ...MET, pt: MET.pt + 1 })" } } } }),
    ["the variation up varies MET, but /histograms/h/axes/0/value uses MET_pt, which stays nominal: write MET.pt"],
  );
});

test("so is a varied column whose collection is read", () => {
  assert.deepEqual(notices({ histograms: { h }, variations: { up: { define: { Muon_pt: "Muon_pt.map(pt => pt * 1.02)" } } } }), [
    "the variation up varies Muon_pt, but /histograms/h/axes/0/value uses Muon, whose pt stays nominal: vary Muon instead",
  ]);
});

test("nothing is told where all that is used is varied, or replaced by the variation", () => {
  assert.deepEqual(notices({ histograms: { h }, variations: { up } }), []);
  assert.deepEqual(
    notices({ filter: "Muon_pt.max() > 20", histograms: { h }, variations: { up: { ...up, filter: ["Muon.pt.max() > 20"] } } }),
    [],
  );
  assert.deepEqual(notices({ define: { Muon_pt: "Muon.pt" }, histograms: { h: histogramOf("Muon_pt") }, variations: { up } }), []);
  const ofItself = { define: { Muon: "Muon.map((m, i) => ({ ...m, pt: Muon_pt[i] * 1.02 }))" } };
  assert.deepEqual(notices({ histograms: { h }, variations: { ofItself } }), []);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { programKey } from "../../../engine/program/program.ts";
import type { Column, Schema } from "../../../engine/program/schema.ts";
import { programShape } from "../../../engine/program/shape.ts";
import { makeProgram } from "../../../engine/query/make-program.ts";
import { readQuery } from "../../../engine/query/query.ts";
import { muonSchema } from "../../support/engine/muon-schema.ts";
import { describeIssue, findIssues, histogramOf } from "../../support/find-issues.ts";

const h = histogramOf("MET.pt");
const keyOf = (query: object): Promise<string> => programKey(makeProgram(readQuery({ dataset: "any", ...query }), muonSchema).program);

async function assertSame(queries: readonly object[]): Promise<void> {
  const keys = await Promise.all(queries.map(keyOf));
  for (const [index, key] of keys.entries()) assert.equal(key, keys[0], JSON.stringify(queries[index]));
}

const z = "Muon.filter(m => m.pt > 20).pairs().map((a, b) => (a + b).mass)";

test("programKey is the same for the same program, however its query is written", async () => {
  await assertSame([
    { filter: ["MET.pt > 20", "Muon.length > 1"], histograms: { h: histogramOf(z) } },
    { filter: ["MET.pt>20", "(Muon).length > (1.0)"], histograms: { h: histogramOf(z.replaceAll(" ", "")) } },
    { histograms: { h: histogramOf(z) }, filter: ["MET.pt > 2e1", "Muon.length > 0x1"] },
    { filter: ["MET_pt > 20", "Muon.length > 1"], histograms: { other: histogramOf(z) } },
    { name: "a name", priority: 3, filter: ["MET.pt > 20", "Muon.length > 1"], histograms: { h: histogramOf(z, { label: "Z" }) } },
    {
      define: { g: "Muon.filter(q => q.pt > 20)" },
      filter: ["MET.pt > 20", "Muon.length > 1"],
      histograms: { h: histogramOf("g.pairs().map((x, y) => (x + y).mass)") },
    },
    {
      define: { pair: "g.pairs()", g: "Muon.filter(Jet => Jet.pt > 20)", unused: "1 / 0" },
      filter: ["MET.pt > 20", "Muon.length > 1"],
      histograms: { h: histogramOf("pair.map((x, y) => (x + y).mass)") },
    },
  ]);
});

test("programKey is the same for one filter and a list of it, and for defaults left out", async () => {
  await assertSame([
    { filter: "HLT_IsoMu24", histograms: { h } },
    { filter: ["HLT_IsoMu24"], histograms: { h: { ...h, storage: "count" } } },
    { dataset: "another", filter: "HLT_IsoMu24", histograms: { h }, priority: 500 },
  ]);
  await assertSame([
    { weight: "genWeight", histograms: { h } },
    { weight: "genWeight", histograms: { h: { ...h, storage: "weighted" } } },
  ]);
});

test("programKey is the same for every order of histograms and keys", async () => {
  const other = histogramOf("Jet.pt");
  await assertSame([
    { histograms: { a: h, b: other } },
    { histograms: { a: other, b: h } },
    { histograms: { z: Object.fromEntries(Object.entries(h).reverse()), a: other } },
  ]);
});

test("programKey differs wherever the contents could", async () => {
  const axis = { type: "regular", bins: 100, lower: 0, upper: 100, value: "MET.pt" };
  const queries: readonly object[] = [
    { histograms: { h } },
    { filter: "HLT_IsoMu24", histograms: { h } },
    { filter: ["HLT_IsoMu24", "MET.pt > 1"], histograms: { h } },
    { filter: ["MET.pt > 1", "HLT_IsoMu24"], histograms: { h } },
    { filter: "MET.pt > 1 && HLT_IsoMu24", histograms: { h } },
    { filter: "MET.pt >= 1", histograms: { h } },
    { filter: "MET.pt > 1.0000000000000002", histograms: { h } },
    { filter: "1 / -0 < MET.pt", histograms: { h } },
    { filter: "1 / 0 < MET.pt", histograms: { h } },
    { weight: "genWeight", histograms: { h } },
    { weight: "-genWeight", histograms: { h } },
    { histograms: { h: { ...h, storage: "weighted" } } },
    { histograms: { h: { ...h, filter: "HLT_IsoMu24" } } },
    { histograms: { h: { ...h, weight: "genWeight" } } },
    { histograms: { h: { axes: [{ ...axis, bins: 101 }] } } },
    { histograms: { h: { axes: [{ ...axis, lower: -1 }] } } },
    { histograms: { h: { axes: [{ ...axis, upper: 99 }] } } },
    { histograms: { h: { axes: [{ type: "variable", edges: [0, 1], value: "MET.pt" }] } } },
    { histograms: { h: { axes: [axis, axis] } } },
    { histograms: { h, i: histogramOf("Jet.pt") } },
    { histograms: { h: histogramOf("MET.phi") } },
    { histograms: { h: histogramOf("Jet.pt") } },
    { histograms: { h: histogramOf("Muon.pt") } },
    { histograms: { h: histogramOf("Muon.map(m => Jet.sum(j => j.pt))") } },
    { histograms: { h: histogramOf("Muon.map(m => Jet.sum(j => m.pt))") } },
    { histograms: { h: histogramOf("Muon.map((m, i) => Jet.sum((j, k) => i))") } },
    { histograms: { h: histogramOf("Muon.map((m, i) => Jet.sum((j, k) => k))") } },
    { histograms: { h: histogramOf("Muon.map((m, i) => Muon.sum((n, k) => k))") } },
  ];
  const keys = await Promise.all(queries.map(keyOf));
  for (const [index, key] of keys.entries())
    assert.equal(keys.indexOf(key), index, `${JSON.stringify(queries[index])} is as ${JSON.stringify(queries[keys.indexOf(key)])}`);
});

test("makeProgram computes histograms once that differ in name and label only, and tells where each is", () => {
  const { program, order } = makeProgram(
    readQuery({ dataset: "any", histograms: { first: h, second: histogramOf("Jet.pt"), third: { ...h, label: "again" } } }),
    muonSchema,
  );
  assert.equal(program.histograms.length, 2);
  assert.equal(order.get("first"), order.get("third"));
  assert.notEqual(order.get("first"), order.get("second"));
});

test("makeProgram reads only the columns that the query uses", () => {
  const { program } = makeProgram(
    readQuery({
      dataset: "any",
      define: { unused: "Jet.mass" },
      filter: "Jet.length > 2",
      histograms: { h: histogramOf("Muon.filter(m => m.tight).pt") },
    }),
    muonSchema,
  );
  const read = program.inputs.map((input) => (input.kind === "offsets" ? `offsets of ${input.lists.join(", ")}` : input.column));
  assert.deepEqual(read.toSorted(), ["Muon_pt", "Muon_tight", "offsets of Jet", "offsets of Muon"]);
});

test("makeProgram keeps apart the parameters of functions over different collections", () => {
  const { program } = makeProgram(
    readQuery({ dataset: "any", filter: "Muon.some(m => m.pt > 3) && Jet.some(m => m.pt > 3)", histograms: { h } }),
    muonSchema,
  );
  const read = program.inputs.flatMap((input) => (input.kind === "values" ? [input.column] : []));
  assert.deepEqual(read.toSorted(), ["Jet_pt", "MET_pt", "Muon_pt"]);
});

test("makeProgram does not take a field of a computed record for the column of a record of the dataset", () => {
  const value = "Muon.map(m => m.pt > 20 ? m : m + m).map(p => p.pt)";
  const { program } = makeProgram(readQuery({ dataset: "any", histograms: { h: histogramOf(value) } }), muonSchema);
  const read = program.inputs.flatMap((input) => (input.kind === "values" ? [input.column] : []));
  assert.deepEqual(read.toSorted(), ["Muon_phi", "Muon_pt"]);
});

const columnsRead = (define: object, value: string) =>
  makeProgram(readQuery({ dataset: "any", define, histograms: { h: histogramOf(value) } }), muonSchema)
    .program.inputs.flatMap((input) => (input.kind === "values" ? [input.column] : []))
    .toSorted();

test("makeProgram reads of records that are made, put together or chosen only the fields that are used", () => {
  const scaled = { Jet: "Jet.map(j => ({ ...j, pt: j.pt * 1.02 }))" };
  assert.deepEqual(columnsRead(scaled, "Jet.filter(j => j.pt > 30).pt"), ["Jet_pt"]);
  assert.deepEqual(columnsRead(scaled, "Jet.pairs().map((a, b) => a.pt * b.eta)"), ["Jet_eta", "Jet_pt"]);
  assert.deepEqual(columnsRead({}, "Muon.concat(Jet).filter(l => l.pt > 10).length"), ["Jet_pt", "Muon_pt"]);
  assert.deepEqual(columnsRead({}, "(Muon.length > 1 ? Muon[0] : Jet[0]).eta"), ["Jet_eta", "Muon_eta"]);
  assert.deepEqual(columnsRead({}, "({ ...MET, x: Muon.length }).pt"), ["MET_pt"]);
  const copied = { Muon: "Muon.map(m => ({ a: m.eta, b: m.phi }))", again: "Muon.map(m => ({ c: m.a, d: m.b }))" };
  assert.deepEqual(columnsRead(copied, "again.sum(m => m.c)"), ["Muon_eta"]);
});

test("makeProgram makes the same program of records that differ in fields which nothing reads", () => {
  const programOf = (value: string) =>
    makeProgram(readQuery({ dataset: "any", histograms: { h: histogramOf(value) } }), muonSchema).program;
  const pt = (more: string) => `Muon.map(m => ({ ...m${more} })).filter(m => m.pt > 3).pt`;
  assert.deepEqual(programOf(pt("")), programOf(pt(", flavour: 13")));
});

const described = (query: object): string => findIssues(query, muonSchema).map(describeIssue).join("\n");

test("makeProgram names the whole circle of cyclic defines", () => {
  const define = { a: "b + 1", b: "1 + c", c: "a" };
  assert.equal(described({ define, histograms: { h } }), "/define/c 1:1 the defines go in a circle: a → b → c → a");
  assert.equal(
    described({ define: { x: "y", y: "2 * y2", y2: "y" }, histograms: { h } }),
    "/define/y2 1:1 the defines go in a circle: y → y2 → y",
  );
});

test("makeProgram takes a define's own name for the column that it shadows, and refuses it where there is none", () => {
  assert.equal(described({ define: { Jet: "Jet.filter(j => j.pt > 30)" }, histograms: { h: histogramOf("Jet.pt") } }), "");
  assert.equal(
    described({ define: { good: "good.filter(j => j.pt > 30)" }, histograms: { h } }),
    "/define/good 1:1 the define 'good' uses itself, and there is no column 'good' that it could mean",
  );
});

test("makeProgram refuses defines named as functions", () => {
  assert.match(described({ define: { abs: "1" }, histograms: { h } }), /^\/define\/abs 'abs' is a function of the language/);
});

test("makeProgram reports a fault in a define once, at the define, however often it is used", () => {
  assert.match(
    described({ define: { bad: "nope" }, filter: "bad > 1", histograms: { h: histogramOf("bad"), i: histogramOf("bad + 1") } }),
    /^\/define\/bad 1:1 [^\n]*$/,
  );
});

test("makeProgram reports every part that is wrong, each at its place", () => {
  const query = {
    define: { a: "nope1" },
    filter: ["MET.pt > 1", "MET.pt"],
    weight: "Muon.pt",
    histograms: { h: histogramOf("nope2", { filter: "1", weight: "HLT_IsoMu24" }) },
  };
  assert.deepEqual(
    findIssues(query, muonSchema).map(({ at }) => at),
    ["/define/a", "/filter/1", "/weight", "/histograms/h/axes/0/value", "/histograms/h/filter", "/histograms/h/weight"],
  );
});

test("makeProgram refuses lists that are not aligned, and names cross", () => {
  const axis = (value: string) => ({ type: "regular", bins: 10, lower: 0, upper: 1, value });
  const unrelated: readonly (readonly [object, string])[] = [
    [{ axes: [axis("Muon.pt"), axis("Jet.pt")] }, "/histograms/h/axes/1/value"],
    [{ axes: [axis("Muon.pt")], weight: "Jet.pt" }, "/histograms/h/weight"],
    [{ axes: [axis("Muon.pt")], weight: "Muon.filter(m => m.tight).pt" }, "/histograms/h/weight"],
    [{ axes: [axis("Muon.filter(m => m.pt > 1).pt"), axis("Muon.filter(m => m.pt > 2).pt")] }, "/histograms/h/axes/1/value"],
  ];
  for (const [histogram, at] of unrelated) {
    const [issue] = findIssues({ histograms: { h: histogram } }, muonSchema);
    assert.equal(issue?.at, at);
    assert.match(issue.message, /not derived from the same list .* use cross/);
  }
});

test("makeProgram takes lists derived from one list by map or a field, and scalars beside them", () => {
  const axis = (value: string) => ({ type: "regular", bins: 10, lower: 0, upper: 1, value });
  const histogram = {
    axes: [axis("good.pt"), axis("good.map(m => m.eta).map(x => abs(x))")],
    weight: "Muon.filter(x => x.tight).map(m => genWeight * m.charge)",
  };
  assert.equal(described({ define: { good: "Muon.filter(m => m.tight)" }, histograms: { h: histogram } }), "");
  assert.equal(described({ histograms: { h: { axes: [axis("Muon.pt"), axis("MET.pt")], weight: "genWeight" } } }), "");
});

test("makeProgram refuses a weight for storage that counts", () => {
  assert.match(
    described({ histograms: { h: histogramOf("MET.pt", { storage: "count", weight: "genWeight" }) } }),
    /^\/histograms\/h\/storage storage count takes no weight/,
  );
  assert.match(
    described({ weight: "genWeight", histograms: { h: histogramOf("MET.pt", { storage: "count" }) } }),
    /^\/histograms\/h\/storage/,
  );
});

test("programKey tells records apart whose values have other names", async () => {
  const schemaOf = (...fields: readonly string[]): Schema => ({
    columns: ["a", "b"].map((name, index) => ({
      name,
      dtype: "float64",
      nullable: false,
      lists: [],
      member: { record: "R", field: fields[index] },
    })),
    unsupported: [],
  });
  const query = readQuery({ dataset: "any", define: { x: "1" }, histograms: { h: histogramOf("hits.map(h => R).map(r => r.x)") } });
  const hits = muonSchema.columns.filter(({ name }) => name === "hits");
  const keys = [schemaOf("x", "y"), schemaOf("y", "x")].map((schema) =>
    programKey(makeProgram(query, { ...schema, columns: [...schema.columns, ...hits] }).program),
  );
  assert.notEqual(await keys[0], await keys[1]);
});

test("programKey is the same however a column is held, and another one where its values mean something else", async () => {
  const query = readQuery({ dataset: "any", histograms: { h: histogramOf("hits.sum()"), x: histogramOf("x") } });
  const keyOfColumns = (x: Partial<Column>, hits: Partial<Column>) => {
    const column = { nullable: false, dtype: "float32" } as const;
    const columns = [
      { name: "x", ...column, lists: [], ...x },
      { name: "hits", ...column, lists: ["hits"], ...hits },
    ];
    return programKey(makeProgram(query, { columns, unsupported: [] }).program);
  };
  const key = await keyOfColumns({}, {});
  assert.equal(await keyOfColumns({ dtype: "int32" }, { dtype: "float64", nullable: true }), key);
  assert.equal(await keyOfColumns({ nullable: true }, { isRounded: true }), key);
  assert.notEqual(await keyOfColumns({ dtype: "bool" }, {}), key);
});

test("programShape is the same for programs that differ in numbers alone, and another for what takes otherwise long", async () => {
  const shapeOf = (query: object) => programShape(makeProgram(readQuery({ dataset: "any", ...query }), muonSchema).program);
  const cut = (pt: number, upper: number) => ({
    filter: [`MET.pt > ${pt}`],
    histograms: { h: { axes: [{ type: "regular", bins: 100, lower: 0, upper, value: "MET.pt" }] } },
  });
  assert.equal(await shapeOf(cut(20, 100)), await shapeOf(cut(35.5, 120)));
  assert.notEqual(
    await programKey(makeProgram(readQuery({ dataset: "any", ...cut(20, 100) }), muonSchema).program),
    await keyOf(cut(35.5, 120)),
  );
  const shapes = await Promise.all(
    [
      cut(20, 100),
      { histograms: { h } },
      { histograms: { h: histogramOf("MET.phi") } },
      { histograms: { h: histogramOf(z) } },
      { histograms: { h }, totals: { all: "MET.pt" } },
    ].map(shapeOf),
  );
  assert.equal(new Set(shapes).size, shapes.length);
});

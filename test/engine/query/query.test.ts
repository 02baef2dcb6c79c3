import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "../../../engine/query/fields.ts";
import { canonicalQuery, readQuery } from "../../../engine/query/query.ts";
import type { QueryError } from "../../../engine/query/query-error.ts";
import { muonSchema } from "../../support/engine/muon-schema.ts";
import { describeIssue, findIssues, histogramOf } from "../../support/find-issues.ts";

const h = histogramOf("MET.pt");
const regular = { type: "regular", bins: 100, lower: 0, upper: 100, value: "MET.pt" };
/** All faults, one a line. */
const described = (query: unknown): string => findIssues(query, muonSchema).map(describeIssue).join("\n");
const axisFault = (axis: object): string => described({ histograms: { h: { axes: [axis] } } });

test("readQuery refuses what is no query, at the place that is wrong", () => {
  for (const input of [null, [], "MET.pt", 1])
    assert.deepEqual(
      findIssues(input, muonSchema).map(({ at }) => at),
      [""],
    );
  assert.match(described({}), /^\/histograms a query needs at least one histogram/m);
  assert.match(described({ dataset: 3, histograms: { h } }), /^\/dataset must be the name of a dataset/);
  assert.match(described({ histograms: {} }), /^\/histograms a query needs at least one histogram/);
  assert.match(described({ filter: 5, histograms: { h } }), /^\/filter must be an expression or a list of expressions/);
  assert.match(described({ filter: "", histograms: { h } }), /^\/filter/);
  assert.match(described({ priority: 1000, histograms: { h } }), /^\/priority must be a whole number from 0 \(first\) to 999 \(last\)/);
  assert.match(described({ define: { "2nd": "1" }, histograms: { h } }), /^\/define\/2nd the name must be an identifier/);
});

test("readQuery names unknown fields and those near them", () => {
  assert.match(described({ filters: "true", histograms: { h } }), /^\/filters 'filters' is not known here \(near filter\)/);
  assert.match(
    described({ histograms: { h: { ...h, weigth: "1" } } }),
    /^\/histograms\/h\/weigth 'weigth' is not known here \(near weight\)/,
  );
  assert.match(axisFault({ ...regular, uper: 3 }), /^\/histograms\/h\/axes\/0\/uper 'uper' is not known here \(near upper\)/);
});

test("readQuery refuses the names of JavaScript's inner workings", () => {
  for (const name of ["__proto__", "constructor", "prototype"]) {
    const query = (part: string) =>
      JSON.parse(`{ "histograms": { "h": ${JSON.stringify(h)} }, ${JSON.stringify(part)}: { ${JSON.stringify(name)}: "1" } }`);
    assert.match(described(query("define")), new RegExp(`^/define/${name} '${name}' is reserved`), name);
    assert.match(
      described(JSON.parse(`{ "histograms": { ${JSON.stringify(name)}: ${JSON.stringify(h)} } }`)),
      new RegExp(`^/histograms/${name} '${name}' is reserved`),
    );
    assert.match(
      described(JSON.parse(`{ ${JSON.stringify(name)}: {}, "histograms": { "h": ${JSON.stringify(h)} } }`)),
      new RegExp(`^/${name} '${name}' is not a field`),
    );
  }
});

test("readQuery refuses bins that are none, too many, or no numbers", () => {
  assert.match(axisFault({ ...regular, bins: 0 }), /^\/histograms\/h\/axes\/0\/bins a histogram needs at least one bin/);
  assert.match(axisFault({ ...regular, bins: -5 }), /^\/histograms\/h\/axes\/0\/bins a histogram needs at least one bin/);
  assert.match(axisFault({ ...regular, bins: 1e9 }), new RegExp(`^/histograms/h/axes/0/bins there can be at most ${limits.bins} bins`));
  assert.match(axisFault({ ...regular, bins: 1.5 }), /^\/histograms\/h\/axes\/0\/bins must be a whole number/);
  assert.match(axisFault({ ...regular, bins: "100" }), /^\/histograms\/h\/axes\/0\/bins/);
  assert.match(axisFault({ ...regular, bins: Number.NaN }), /^\/histograms\/h\/axes\/0\/bins/);
});

test("readQuery refuses edges that are not finite, which JSON writes as null, or do not increase", () => {
  for (const edge of [Number.NaN, Number.POSITIVE_INFINITY, null, "1"]) {
    assert.match(axisFault({ ...regular, lower: edge }), /^\/histograms\/h\/axes\/0\/lower must be a finite number/, String(edge));
    assert.match(
      axisFault({ type: "variable", edges: [0, edge, 2], value: "MET.pt" }),
      /^\/histograms\/h\/axes\/0\/edges\/1 must be a finite number/,
    );
  }
  assert.match(axisFault({ ...regular, upper: 0 }), /^\/histograms\/h\/axes\/0\/upper lower must be less than upper/);
  assert.match(axisFault({ ...regular, upper: -1 }), /lower must be less than upper/);
  assert.match(axisFault({ ...regular, lower: 1, upper: 1 + 2 ** -52, bins: 10 }), /^$/);
  assert.match(axisFault({ ...regular, lower: 0, upper: 5e-324 }), /too narrow or too wide/);
  assert.match(axisFault({ ...regular, lower: -1e308, upper: 1e308 }), /too narrow or too wide/);
  assert.match(axisFault({ type: "variable", edges: [1], value: "MET.pt" }), /^\/histograms\/h\/axes\/0\/edges needs at least two edges/);
  assert.match(
    axisFault({ type: "variable", edges: [0, 1, 1, 2], value: "MET.pt" }),
    /^\/histograms\/h\/axes\/0\/edges edges must increase/,
  );
  assert.match(axisFault({ type: "variable", edges: [0, -0], value: "MET.pt" }), /edges must increase/);
});

test("readQuery says what is wrong with an axis of any type", () => {
  const value = "MET.pt";
  assert.match(axisFault({ type: "log", value }), /an axis needs a type: regular \(bins, lower, upper, circular\?\) or variable \(edges\)/);
  assert.match(axisFault({ ...regular, circular: "yes" }), /axes\/0\/circular must be true or false/);
  assert.match(axisFault({ type: "integer", lower: 0.5, upper: 3, value }), /axes\/0\/lower must be a whole number/);
  assert.match(axisFault({ type: "integer", lower: 3, upper: 3, value }), /axes\/0\/upper lower must be less than upper/);
  assert.match(axisFault({ type: "integer", lower: 0, upper: 1e9, value }), /axes\/0\/upper there can be at most 100000 bins/);
  for (const categories of [undefined, "a", 3, [1, "a"], [1.5], [true]])
    assert.match(axisFault({ type: "category", categories, value }), /categories must be a list of whole numbers, or a list of strings/);
  assert.match(axisFault({ type: "category", categories: [], value }), /categories needs at least one category/);
  assert.match(axisFault({ type: "category", categories: [13, 11, 13], value }), /categories\/2 13 stands in the list twice/);
  assert.match(axisFault({ type: "category", categories: ["a", "a"], value }), /categories\/1 "a" stands in the list twice/);
  assert.match(axisFault({ type: "boolean", bins: 2, value }), /axes\/0\/bins 'bins' is not known here/);
});

test("readQuery says what storage there is, and how many axes", () => {
  assert.match(described({ histograms: { h: { ...h, storage: "float" } } }), /^\/histograms\/h\/storage must be count or weighted/);
  const seven = Array.from({ length: 7 }, () => ({ ...regular, bins: 1 }));
  assert.match(described({ histograms: { h: { axes: seven } } }), /^\/histograms\/h\/axes a histogram can have at most 6 axes/);
  assert.equal(described({ histograms: { h: { axes: seven.slice(1) }, sum: { axes: [] } } }), "");
});

test("readQuery bounds the bins of all histograms together, flow bins included", () => {
  const half = limits.bins / 2;
  const [wide, square] = [
    { axes: [{ ...regular, bins: half - 2 }] },
    {
      axes: [
        { ...regular, bins: half / 100 - 2 },
        { ...regular, bins: 98 },
      ],
    },
  ];
  assert.equal(described({ histograms: { wide, square } }), "");
  assert.equal(
    described({ histograms: { wide, square, h } }),
    `/histograms the histograms have ${limits.bins + 102} bins together, flow bins included; at most ${limits.bins} are possible`,
  );
});

test("readQuery bounds what a query may hold", () => {
  const many = <Each>(count: number, each: Each) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, each]));
  assert.match(
    axisFault({ ...regular, value: "x+".repeat(50_000) }),
    /^\/histograms\/h\/axes\/0\/value an expression may have at most 20000 characters/,
  );
  assert.match(described({ histograms: many(limits.histograms + 1, h) }), /^\/histograms a query can have at most 200 histograms/);
  assert.match(described({ define: many(limits.defines + 1, "1"), histograms: { h } }), /^\/define a query can have at most 500 defines/);
  assert.match(described({ filter: new Array(limits.filters + 1).fill("true"), histograms: { h } }), /^\/filter/);
  assert.match(described({ name: "n".repeat(201), histograms: { h } }), /^\/name/);
});

test("readQuery and makeProgram report a bounded number of faults, however many there are", () => {
  const histograms = Object.fromEntries(
    Array.from({ length: 200 }, (_, index) => [`h${index}`, { ...h, axes: [{ ...regular, bins: 0, lower: "a", upper: "b" }] }]),
  );
  assert(findIssues({ histograms }, muonSchema).length <= 100);
  const define = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`d${index}`, `nope${index}`]));
  const filter = Array.from({ length: 200 }, (_, index) => `nope${index}`);
  assert(findIssues({ define, filter, histograms: { h } }, muonSchema).length <= 60);
});

test("canonicalQuery is one JSON for every order of keys and every default left out", () => {
  const canonical = (query: object) => JSON.stringify(canonicalQuery(readQuery({ dataset: "d", ...query })));
  const two = { define: { a: "1", b: "2" }, filter: ["true"], histograms: { h, i: h }, priority: 500 };
  assert.equal(
    canonical(two),
    canonical({ histograms: { i: h, h: Object.fromEntries(Object.entries(h).reverse()) }, filter: "true", define: { b: "2", a: "1" } }),
  );
  assert.notEqual(canonical(two), canonical({ ...two, name: "named" }));
  assert.notEqual(canonical(two), canonical({ ...two, filter: "true " }));
});

test("readQuery tells the first fifty of very many errors, how many there are, and no long text of any", () => {
  const unknown = Object.fromEntries(
    Array.from({ length: 90_000 }, (_, index) => [`k${index.toString(36)}${"x".repeat(index % 3000)}`, 0]),
  );
  const query = { dataset: "muons", histograms: { h } };
  const inAxis = { ...query, histograms: { h: { axes: [{ ...regular, ...unknown }] } } };
  const many = (count: number, value: unknown) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`1${index}`, value]));
  for (const [input, total] of [
    [{ ...query, ...unknown }, 90_000],
    [inAxis, 90_000],
    [{ ...query, define: many(50_000, 0) }, 1],
    [{ ...query, histograms: many(50_000, 0) }, 1],
    [{ ...query, filter: new Array(50_000).fill("") }, 1],
  ] as const) {
    assert.throws(
      () => readQuery(input),
      (error: QueryError) => {
        assert.equal(error.total, total);
        assert.equal(error.issues.length, Math.min(50, total));
        assert(JSON.stringify(error.issues).length < 100_000);
        return true;
      },
    );
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { makeProgram } from "../../../engine/query/make-program.ts";
import { canonicalQuery, readQuery } from "../../../engine/query/query.ts";
import { QueryError } from "../../../engine/query/query-error.ts";
import { makeDataset } from "../../support/engine/in-memory-dataset.ts";
import { seeded } from "../../support/seeded.ts";

const random = seeded(15);
const dataset = makeDataset(
  Array.from({ length: 50 }, () => ({
    genWeight: random.fraction() + 0.5,
    puUp: 1 + random.fraction() / 10,
    met: random.fraction() * 100,
    Jet: Array.from({ length: random.below(4) }, () => ({ pt: random.fraction() * 100, eta: random.fraction() * 5 - 2.5 })),
  })),
);
const { schema } = dataset;
const histogramOf = (value: string, more: object = {}) => ({ axes: [{ type: "regular", bins: 10, lower: 0, upper: 100, value }], ...more });
const query = {
  dataset: "test",
  define: { good: "Jet.filter(j => j.pt > 30)", ht: "good.sum(j => j.pt)", j0: "Jet.length" },
  filter: ["good.length >= 1"],
  weight: "genWeight",
  totals: { sumw: "genWeight", jets: "good.length" },
  histograms: { ht: histogramOf("ht"), jets: histogramOf("good.pt", { weight: "1 + j0", filter: "ht > 50" }), met: histogramOf("met") },
};

const make = (more: object) => makeProgram(readQuery({ ...query, ...more }), schema);
/** The program of a variation, and that of a query that says the same without variations. */
function pairOf(variation: object, without: object, more: object = {}) {
  const nominal = { ...query, ...more };
  const varied = makeProgram(readQuery({ ...nominal, variations: { it: variation } }), schema).variations.get("it")!;
  return [varied.program, makeProgram(readQuery({ ...nominal, ...without }), schema).program] as const;
}

test("a varied define changes everything that uses it; inside it the name is the column", () => {
  const scaled = "Jet.map(j => ({ ...j, pt: j.pt * 1.02 }))";
  const [varied, plain] = pairOf({ define: { Jet: scaled } }, { define: { ...query.define, Jet: scaled } });
  assert.deepEqual(varied, plain);
});

test("inside a varied define its own name is the nominal define, with nominal names", () => {
  const more = {
    define: { Jet: "Jet.filter(j => j.pt > 10)", good: "Jet.filter(j => j.pt > 30)", ht: "good.sum(j => j.pt)", j0: "Jet.length" },
  };
  const variation = { define: { Jet: "Jet.filter(j => j.pt < 200)", ht: "ht * 1.1" } };
  const [varied] = pairOf(variation, {}, more);
  // Written out without names: the column `Jet` cannot be named beside a define of that name.
  const spelled = {
    define: {
      good: "Jet.filter(j => j.pt > 10).filter(j => j.pt < 200).filter(j => j.pt > 30)",
      ht: "Jet.filter(j => j.pt > 10).filter(j => j.pt > 30).sum(j => j.pt) * 1.1",
      j0: "Jet.filter(j => j.pt > 10).filter(j => j.pt < 200).length",
    },
  };
  assert.deepEqual(varied, make(spelled).program);
});

test("other varied names inside a varied define are the varied ones", () => {
  const [varied, plain] = pairOf(
    { define: { good: "good.filter(j => j.eta < cut)", j0: "j0 + 1" } },
    {
      define: {
        cut: "Jet.length + 1",
        good: "Jet.filter(j => j.pt > 30).filter(j => j.eta < cut)",
        ht: "good.sum(j => j.pt)",
        j0: "Jet.length + 1",
      },
    },
    { define: { ...query.define, cut: "j0" } },
  );
  assert.deepEqual(varied, plain);
});

test("in a variation's weight, weight is the nominal one; elsewhere it is a name like any other", () => {
  const [varied, plain] = pairOf({ weight: "weight * puUp" }, { weight: "genWeight * puUp" });
  assert.deepEqual(varied, plain);
  const [own, one] = pairOf(
    { weight: "puUp * weight" },
    { weight: "puUp * 1" },
    { weight: undefined, histograms: { ht: histogramOf("ht") } },
  );
  assert.deepEqual(own, one);
  const [both, spelled] = pairOf(
    { define: { j0: "j0 * 2" }, weight: "weight + j0" },
    { define: { ...query.define, j0: "Jet.length * 2" }, weight: "Jet.length + Jet.length * 2" },
    { weight: "j0" },
  );
  assert.deepEqual(both, spelled);
});

test("a nominal weight is evaluated with the varied defines where the variation has none of its own", () => {
  const [varied, plain] = pairOf(
    { define: { j0: "j0 * 2" } },
    { define: { ...query.define, j0: "Jet.length * 2" } },
    { weight: "genWeight * j0" },
  );
  assert.deepEqual(varied, plain);
});

test("a variation's filter takes the place of all filters", () => {
  const [varied, plain] = pairOf({ filter: ["met > 20", "ht > 10"] }, { filter: ["met > 20", "ht > 10"] });
  assert.deepEqual(varied, plain);
  const [none, open] = pairOf({ filter: [] }, { filter: [] });
  assert.deepEqual(none, open);
});

test("variations change nothing of the nominal program, and one that changes nothing is the same program", () => {
  const { program, variations } = make({ variations: { a: { weight: "weight * puUp" }, same: {} } });
  assert.deepEqual(program, make({}).program);
  assert.deepEqual(variations.get("same")!.program, program);
});

const wrong: readonly (readonly [what: string, variations: object, at: string, message: RegExp])[] = [
  ["a varied name that nothing has", { v: { define: { Jte: "Jet" } } }, "/variations/v/define/Jte", /no 'Jte' to vary/],
  ["a fault in a varied define", { v: { define: { Jet: "Jet.map(j => j.ptt)" } } }, "/variations/v/define/Jet", /ptt/],
  ["a varied define that breaks what uses it", { v: { define: { good: "met" } } }, "/define/ht", /^in the variation 'v': /],
  ["a circle", { v: { define: { good: "Jet.filter(j => j.pt > ht)" } } }, "/define/ht", /circle/],
  ["a fault in a variation's weight", { v: { weight: "wieght" } }, "/variations/v/weight", /wieght/],
  ["a fault in a variation's filter", { v: { filter: ["true", "met"] } }, "/variations/v/filter/1", /boolean/],
  ["an unknown field", { v: { wieght: "1" } }, "/variations/v", /wieght/],
  ["a reserved name", { v: { define: JSON.parse('{"__proto__": "1"}') } }, "/variations/v/define/__proto__", /reserved/],
  [
    "an axis that a varied define does not fit",
    { v: { define: { met: "Jet" } } },
    "/histograms/met/axes/0/value",
    /^in the variation 'v': /,
  ],
];

for (const [what, variations, at, message] of wrong) {
  test(`${what} is told at ${at}`, () => {
    assert.throws(
      () => make({ variations }),
      (error) => error instanceof QueryError && error.issues.some((issue) => issue.at.startsWith(at) && message.test(issue.message)),
    );
  });
}

test("a fault of each variation is told, and those of the query itself once", () => {
  const variations = { a: { define: { Jet: "Jet.x" } }, b: { weight: "y" } };
  const ats = (more: object) => {
    try {
      make({ variations, ...more });
    } catch (error) {
      return (error as QueryError).issues.map(({ at }) => at);
    }
    return [];
  };
  assert.deepEqual(ats({}), ["/variations/a/define/Jet", "/variations/b/weight"]);
  assert.deepEqual(ats({ weight: "nothing" }), ["/weight"]);
});

test("canonicalQuery of variations is read back as the same, whatever their order", () => {
  const variations = { b: { weight: "weight * puUp" }, a: { define: { j0: "j0 + 1", Jet: "Jet" }, filter: "met > 1" } };
  const canonical = canonicalQuery(readQuery({ ...query, variations }));
  assert.deepEqual(canonicalQuery(readQuery(canonical)), canonical);
  const { a, b } = variations;
  assert.equal(JSON.stringify(canonicalQuery(readQuery({ ...query, variations: { a, b } }))), JSON.stringify(canonical));
});

test("bins of variations count for the limit", () => {
  const many = Object.fromEntries(Array.from({ length: 99 }, (_, index) => [`v${index}`, { weight: `${index}` }]));
  const histograms = { h: { axes: [{ type: "regular", bins: 1000, lower: 0, upper: 1, value: "met" }] } };
  assert.throws(() => readQuery({ ...query, histograms, variations: many }), /100200 bins together, flow bins and variations included/);
});

test("a varied define changes what uses it under a name that is spelled with escapes, or only by way of other defines", () => {
  const define = { ...query.define, hard: "g\\u006fod.length", more: "hard + 1" };
  const histograms = { more: histogramOf("m\\u006fre"), met: histogramOf("met") };
  const good = "Jet.filter(j => j.pt > 60)";
  const [varied, plain] = pairOf({ define: { good } }, { define: { ...define, good } }, { define, histograms });
  assert.deepEqual(varied, plain);
});

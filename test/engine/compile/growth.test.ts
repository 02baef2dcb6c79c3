/** Counts the look-ups of compiling: a query twice as large needs about twice as many. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compileProgram } from "../../../engine/compile/compile-program.ts";
import { makeProgram, makeProgramInSteps } from "../../../engine/query/make-program.ts";
import { readQuery } from "../../../engine/query/query.ts";
import { QueryError } from "../../../engine/query/query-error.ts";
import { muonSchema } from "../../support/engine/muon-schema.ts";
import { histogramOf } from "../../support/find-issues.ts";

const times = (count: number, write: (index: number) => string, between = ""): string =>
  Array.from({ length: count }, (_, index) => write(index)).join(between);
const histograms = (count: number, value: (number: number) => string) => ({
  dataset: "any",
  histograms: Object.fromEntries(Array.from({ length: count }, (_, number) => [`h${number}`, histogramOf(value(number))])),
});
const conditions = (count: number, of: string) => times(count, (index) => `${of} > ${index}`, " && ");

/** Queries of a size. */
const forms = {
  "choices inside choices": (size: number) => histograms(1, () => `${times(2 * size, (index) => `MET.pt > ${index} ? MET.phi : `)}1`),
  "histograms that share their conditions": (size: number) =>
    histograms(size, (number) => `Muon.map(m => ${conditions(100, "m.pt")} ? m.pt : ${number})`),
  "histograms of their own conditions": (size: number) => histograms(size, (number) => `${conditions(20, `(MET.pt + ${number})`)} ? 1 : 2`),
};

/** How often `work` looks something up in a map or a set. */
function countLookups(work: () => void): number {
  const { get } = Map.prototype;
  const { has } = Set.prototype;
  let count = 0;
  Map.prototype.get = function (key) {
    count++;
    return get.call(this, key);
  };
  Set.prototype.has = function (value) {
    count++;
    return has.call(this, value);
  };
  try {
    work();
  } finally {
    Map.prototype.get = get;
    Set.prototype.has = has;
  }
  return count;
}

for (const [form, write] of Object.entries(forms)) {
  test(`checking and compiling ${form} take about twice as much for twice as many`, () => {
    const counts = [50, 100].map((size) => {
      const query = readQuery(write(size));
      const { terms } = makeProgram(query, muonSchema);
      return [countLookups(() => makeProgram(query, muonSchema)), countLookups(() => compileProgram(terms, muonSchema))];
    });
    for (const part of [0, 1]) assert(counts[1]![part]! < 2.3 * counts[0]![part]!, counts.map((each) => each[part]).join(" → "));
  });
}

test("makeProgramInSteps takes a step for each define, filter and histogram, and gives what makeProgram gives", () => {
  const query = readQuery({
    ...histograms(7, (number) => `d0 + ${number}`),
    define: { d0: "MET.pt", d1: "d0 + 1" },
    filter: ["d1 > 0", "d0 < 9", "d0 > 1"],
  });
  const steps = makeProgramInSteps(query, muonSchema);
  for (let step = 0; step < 12; step++) assert.equal(steps.next().done, false);
  assert.deepEqual(steps.next(), { done: true, value: makeProgram(query, muonSchema) });
});

test("makeProgramInSteps checks one define in a step, whichever of them uses the others", () => {
  const sum = times(20, (index) => ` + ${index}`);
  const define = Object.fromEntries(
    Array.from({ length: 50 }, (_, index) => [`d${index}`, `${index === 49 ? "MET.pt" : `d${index + 1}`}${sum}`]),
  );
  const steps = makeProgramInSteps(readQuery({ ...histograms(1, () => "d0"), define }), muonSchema);
  const [first, ...others] = Array.from({ length: 50 }, () => countLookups(() => steps.next()));
  assert(first! < 10 * Math.min(...others), `${first}, ${others}`);
});

/** Lists of which each has the one before it twice, as many times over. */
const doubled: Readonly<Record<string, (before: string) => string>> = {
  "put together": (before) => `${before}.concat(${before})`,
  "put together with changed ones": (before) => `${before}.map(x => ({ ...x, pt: x.pt + 1 })).concat(${before})`,
  chosen: (before) => `HLT_IsoMu24 ? ${before}.filter(m => m.pt > 3) : ${before}.slice(1)`,
  flattened: (before) => `${before}.flatMap(x => ${before}.filter(y => y.pt > x.pt))`,
  nearest: (before) => `Muon.nearest(${before}, (a, b) => deltaR(a, b))`,
  sorted: (before) => `${before}.sortBy(x => ${before}.sum(y => y.pt * x.pt))`,
};

for (const [how, double] of Object.entries(doubled)) {
  test(`lists that are ${how} with themselves thirty times over are refused, or take little`, () => {
    const define: Record<string, string> = { d0: "Muon.filter(m => m.pt > 1)" };
    for (let index = 1; index <= 30; index++) define[`d${index}`] = double(`d${index - 1}`);
    const { terms } = makeProgram(readQuery({ ...histograms(1, () => "d30.pt"), define }), muonSchema);
    try {
      assert(compileProgram(terms, muonSchema).length < 100_000);
    } catch (error) {
      assert(error instanceof QueryError);
      assert.match(error.message, /the query is too large: with the filters, a histogram may take 96 kB of code/);
    }
  });
}

test("whether a list is null that is put together with itself thirty times over is asked of each list once", () => {
  const nullable = { list: "Muon", column: { name: "Muon?", dtype: "bool", nullable: false, lists: [] } } as const;
  for (const schema of [muonSchema, { ...muonSchema, nullableLists: [nullable] }]) {
    const define: Record<string, string> = { d0: "Muon" };
    for (let index = 1; index <= 30; index++) define[`d${index}`] = `d${index - 1}.concat(d${index - 1})`;
    const { terms } = makeProgram(readQuery({ ...histograms(1, () => "d30?.slice(0, 1).length ?? -1"), define }), schema);
    assert.throws(() => compileProgram(terms, schema), QueryError);
  }
});

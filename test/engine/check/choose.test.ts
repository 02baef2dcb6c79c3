/** Tests tuples as values: compared, chosen, concatenated and combined again; and lists in chosen values. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeDataset } from "../../support/engine/in-memory-dataset.ts";
import { interpretExpression, type Names, type Value } from "../../support/engine/interpret-expression.ts";
import { makeRecord, type RecordFields } from "../../support/engine/reference-records.ts";
import { fillOnce } from "../../support/engine/run-query.ts";
import { findIssues, histogramOf } from "../../support/find-issues.ts";

const records = (count: number, from: number) =>
  Array.from({ length: count }, (_, place) => ({
    pt: ((from + 7 * place) % 11) + 1,
    charge: (from + place) % 3 === 0 ? 1 : -1,
    hits: Array.from({ length: (from + place) % 4 }, (_, hit) => ({ q: (from * 3 + place + hit) % 7 })),
  }));
const events = Array.from({ length: 60 }, (_, entry) => ({
  entry,
  flag: entry % 3 !== 0,
  x: entry % 7,
  Muon: records(entry % 5, entry),
  Jet: records((entry + 2) % 4, entry + 1),
}));
const dataset = makeDataset(events, { "Muon[].hits[].q": "float64", "Jet[].hits[].q": "float64" });

const asValue = (member: unknown): Value => {
  if (Array.isArray(member)) return member.map(asValue);
  if (typeof member !== "object" || member === null) return member as Value;
  return makeRecord(Object.fromEntries(Object.entries(member).map(([name, each]) => [name, asValue(each)])) as RecordFields);
};

const axis = { type: "integer", lower: 0, upper: events.length, value: "entry" };

for (const [what, expression] of [
  ["a tuple that ? : chooses", "(flag ? Muon.pairs()[0] : Muon.pairs().at(-1))[1].pt"],
  ["a default for a tuple", "(Muon.pairs()[2] ?? Muon.cross(Jet)[0])[0].pt"],
  ["a tuple chosen from tuples of numbers", "(flag ? Muon.pt.pairs()[0] : Jet.pt.pairs()[0])[1]"],
  ["lists of tuples that are put together", "Muon.pairs().concat(Muon.cross(Jet)).sum((a, b) => a.pt * 10 + b.pt)"],
  ["one element of lists of tuples that are put together", "Muon.pairs().concat(Jet.pairs())[1][1].pt"],
  ["a list of tuples that ? : chooses", "(flag ? Muon.pairs() : Jet.pairs()).map((a, b) => a.pt - b.pt).min()"],
  ["pairs of pairs", "Muon.pairs().pairs().sum((p, q) => p[0].pt + 3 * p[1].pt + 5 * q[0].pt + 7 * q[1].pt)"],
  ["pairs of pairs that are filtered", "Muon.pairs().filter((a, b) => a.charge != b.charge).pairs().count((p, q) => p[1].pt < q[0].pt)"],
  ["the best pair of pairs", "Muon.pairs().pairs().minBy((p, q) => p[0].pt * q[1].pt - p[1].pt * q[0].pt)[1][0].pt"],
  ["pairs crossed with elements", "Muon.pairs().cross(Jet).sum((p, j) => p[0].pt * j.pt + p[1].charge)"],
  ["a list in a record that ? : chooses", "(flag ? Muon[0] : Jet[0]).hits.length"],
  ["a list in the default of a record", "(Muon[2] ?? Jet[0]).hits.sum(h => h.q)"],
  [
    "a list in a record that was chosen among elements of one list",
    "(flag ? Muon[0] : Muon.maxBy(m => m.pt)).hits.map(h => h.q + x).max()",
  ],
  ["a list in an element that was found", "Muon.find(m => m.charge > 0).hits.sum(h => h.q)"],
] as const) {
  test(`${what} is what the rules say`, () => {
    const evaluate = interpretExpression(expression);
    const expected = events.map((event) => {
      const value = evaluate(new Map(Object.entries(event).map(([name, member]) => [name, asValue(member)])) as Names);
      return (value as number | undefined) ?? 0;
    });
    assert(expected.some((value) => value !== 0));
    assert.deepEqual(fillOnce({ axes: [axis], weight: expression }, dataset).slice(1, -1), expected);
  });
}

for (const [what, condition, expected] of [
  ["the same pair", "Muon.pairs()[0] == Muon.pairs()[0]", (n: number) => (n >= 2 ? true : undefined)],
  ["a pair and another", "Muon.pairs()[0] == Muon.pairs()[1]", (n: number) => (n >= 3 ? false : undefined)],
  ["a pair that was found again", "Muon.pairs().maxBy((a, b) => a.pt) != Muon.pairs().find((a, b) => a == Muon[0])", undefined],
  ["pairs of other lists", "Muon.pairs().some(p => Muon.pairs().some(q => p == q))", (n: number) => n >= 2],
  ["numbers in tuples", "Muon.pt.pairs().every(p => p == p)", () => true],
] as const) {
  test(`tuples are the same where their members are: ${what}`, () => {
    const [yes, no] = [condition, `!(${condition})`].map((filter) => fillOnce({ axes: [axis], filter }, dataset).slice(1, -1));
    if (expected)
      assert.deepEqual(
        events.map((_, entry) => (yes![entry] ? true : no![entry] ? false : undefined)),
        events.map(({ Muon }) => expected(Muon.length)),
      );
    else assert(yes!.some((count) => count > 0) && no!.some((count) => count > 0));
  });
}

test("a list of elements that were put together is refused with what to do instead", () => {
  const [issue] = findIssues({ histograms: { h: histogramOf("Muon.concat(Jet).map(l => l.hits.length)") } }, dataset.schema);
  assert.match(
    issue!.message,
    /^elements that were put together have no lists, and 'hits' of a Muon or Jet record is one: use it before concat/,
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { TermWriter } from "../../../engine/explain/write-term.ts";
import type { Schema } from "../../../engine/program/schema.ts";
import type { Term } from "../../../engine/program/term.ts";
import { readQuery } from "../../../engine/query/query.ts";
import { openChecker, type QueryChecker } from "../../../engine/query/query-checker.ts";
import { makeComparedDataset } from "../../support/engine/compare-expressions.ts";
import { muonSchema } from "../../support/engine/muon-schema.ts";
import { generateCase } from "../../support/engine/random/generate-case.ts";
import { seeded, seedOr } from "../../support/seeded.ts";

const plainSum = { sum: { axes: [], storage: "count" } };

/** Checks expressions of one query: the same expression is the same term again. */
function openExpressions(schema: Schema, define: Readonly<Record<string, string>> = {}) {
  const checker: QueryChecker = openChecker(readQuery({ dataset: "test", define, histograms: plainSum }), schema);
  const { issues } = checker;
  const check = (text: string): Term => {
    const term = ["number or list", "boolean"].map((wanted) => {
      issues.length = 0;
      return checker.expression(text, ["filter"], "this", wanted as "boolean");
    });
    return term.find((each) => each !== undefined) ?? assert.fail(`${text}: ${JSON.stringify(issues)}`);
  };
  const names = new Map(Object.keys(define).map((name) => [checker.define(name)!, name] as const));
  return { check, names };
}

function assertRoundTrips(cases: number, missing: boolean, atLeast: number): void {
  let exact = 0;
  for (let first = 0; first < cases; first += 50) {
    const random = seeded(seedOr(11) + first);
    const { schema } = makeComparedDataset(random, missing);
    for (let index = 0; index < 50; index++) {
      const { defines, piece } = generateCase(random, { missing, prefix: `d${index}_` });
      const { check, names } = openExpressions(schema, Object.fromEntries(defines.map((each) => [each.name, each.piece.text])));
      const term = check(piece.text);
      const { text, isExact } = new TermWriter([term], { schema, names }).write(term, { mostCharacters: 100_000 });
      if (!isExact) continue;
      exact++;
      assert.equal(check(text), term, `seed ${seedOr(11) + first}: ${piece.text}\nis written ${text}`);
    }
  }
  assert(exact > atLeast * cases, `only ${exact} of ${cases} expressions are said exactly`);
}

test("writeTerm: random expressions that are written exactly check back to the same term", () => {
  assertRoundTrips(500, false, 0.4);
});

test("writeTerm: so do those in which something may be missing", () => {
  assertRoundTrips(500, true, 0.35);
});

for (const text of [
  "Muon.pairs().map((a, b) => (a + b).mass)",
  "Jet.triples().map((a, b, c) => (a + b + c).pt)",
  "Jet.filter(j => !Muon.some(m => deltaR(j, m) < 0.4)).length >= 2",
  "Jet.sum(j => j.pt * j.pt)",
  "(MET.pt - 1) * -2 ** 2 - (3 - genWeight)",
  'channel == "mu" && col("odd-name") > 3',
  "(maybe ?? -1) + pi",
  "sqrt(2 * Muon[0].pt * MET.pt * (1 - cos(deltaphi(MET.phi, Muon[0].phi))))",
  "Jet.sortBy((j, i) => -i).slice(0, 2).btag",
]) {
  test(`writeTerm gives what ${text} means, and nothing spelled out`, () => {
    const { check } = openExpressions(muonSchema);
    const source = text.replace("-2 ** 2", "(-2) ** 2");
    const term = check(source);
    const written = new TermWriter([term], { schema: muonSchema }).write(term);
    assert.deepEqual([check(written.text), written.isExact], [term, true], written.text);
    assert.ok(written.text.length <= source.length + 20, written.text);
  });
}

test("writeTerm writes what is used by others as often as fits, then cuts", () => {
  const define = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`d${index}`, index === 0 ? "MET.pt" : `(d${index - 1} + d${index - 1})`]),
  );
  const { check } = openExpressions(muonSchema, define);
  const term = check("d39");
  const { text, isExact } = new TermWriter([term], { schema: muonSchema }).write(term);
  assert.ok(!isExact && text.length <= 201);
});

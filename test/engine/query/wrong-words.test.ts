/** What people write who know JavaScript, Python, C++ or SQL. The message tells them what is written here instead. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { muonSchema } from "../../support/engine/muon-schema.ts";
import { describeIssue, findIssues, histogramOf } from "../../support/find-issues.ts";

for (const [value, told] of [
  [
    "Muon.sortBy((a, b) => a.pt - b.pt)[0].pt",
    "1:32 '.pt' needs an element, but this parameter is its place in the list, a number: functions take (element, index), also sortBy, minBy and maxBy, which take the key of one element, such as sortBy(x => x.pt)",
  ],
  ["MET.pt == NaN ? 1 : 0", "1:11 there is no 'NaN': ask isNaN(x); no number is equal to it"],
  ["MET.pt < Infinity ? 1 : 0", "1:10 there is no 'Infinity': write 1 / 0, or ask abs(x) < 1 / 0"],
  ["isFinite(MET.pt) ? 1 : 0", "1:1 there is no function 'isFinite': write abs(x) < 1 / 0"],
  ["Math.PI", "1:1 there is no 'Math': functions and constants have plain names, such as sqrt(x), abs(x) and pi"],
  [
    "Muon.map(m => m.pt > 3).sum()",
    "1:25 sum needs a list of numbers, but this is a list of booleans: how many are true count(x => …) tells",
  ],
  [
    "Muon.mean(m => m.tight)",
    "1:6 mean needs a list of numbers, but this is a list of booleans: for the part that is true write mean(x => … ? 1 : 0)",
  ],
  [
    "Muon.pairs()[0]",
    "1:1 the value of an axis must be a number or a list of numbers, but this is a tuple of 2: take its members, such as p[0].pt, or what they are together, such as (p[0] + p[1]).mass",
  ],
  [
    "/mu/.test('muon') ? 1 : 0",
    "1:1 regular expressions are not part of the language: strings are compared by == and !=, such as x == 'a' || x == 'b'",
  ],
  ["MET.pt && MET.phi", "1:1 '&&' needs a boolean, but this is a number: compare it, such as x > 0"],
  [
    "Muon.filter(m => m.charge = 1).pt",
    "1:26 '=' assigns, which is not part of the language: to compare write ==, to name a value use define",
  ],
  ["9007199254740993n", "1:1 '9007199254740993n' is not a value of the language: write 9007199254740993"],
  ["None ?? 3", "1:1 there is no 'None': what is missing has a default by ??, such as (x ?? -1)"],
] as const) {
  test(`the value ${value} is refused`, () => {
    const issues = findIssues({ histograms: { h: histogramOf(value) } }, muonSchema).map(describeIssue);
    assert.deepEqual(issues, [`/histograms/h/axes/0/value ${told}`]);
  });
}

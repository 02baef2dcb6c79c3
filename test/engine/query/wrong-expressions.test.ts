/** Mistakes that people make in expressions, with their messages: each tells the place, what was found, and what would be right. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { muonSchema } from "../../support/engine/muon-schema.ts";
import { describeIssue, findIssues, histogramOf } from "../../support/find-issues.ts";

const plain = { h: histogramOf("MET.pt") };

const values: readonly (readonly [value: string, told: string])[] = [
  ["Moun.pt", "1:1 there is no column, define or parameter 'Moun' (near Muon)"],
  ["Muon.ptt", "1:6 a Muon record has no field 'ptt' (near pt, eta, phi)"],
  ["Muon.fliter(m => m.tight).pt", "1:6 there is no method 'fliter' (near filter)"],
  ["sqr(MET.pt)", "1:1 there is no function 'sqr' (near sqrt, sin)"],
  [
    "Muon.pt ^ 2",
    "1:1 '^' needs a number, but this is a list of numbers: take one element ([0]), reduce it (sum, min, max, length, some, every), or use map for each",
  ],
  ["Muon.pt()", "1:6 pt is a field, not a method: write .pt without ()"],
  [
    "2 * new",
    "1:8 'new' is a word of JavaScript's own: a column of this name is col(\"new\"), and parameters and defines have other names",
  ],
  [
    "Muon.filter(class => class.pt > 1).length",
    "1:19 'class' is a word of JavaScript's own: a column of this name is col(\"class\"), and parameters and defines have other names",
  ],
  ["Muon[0]->pt", "1:9 there are no pointers: a field is record.name"],
  ["ROOT::VecOps::Sum(Muon_pt)", "1:6 there are no namespaces: functions have plain names, such as sqrt(x)"],
  ["np.sqrt(MET.pt)", "1:1 write sqrt(…), without np"],
  [
    "Muon[Muon.pt > 20].pt",
    "1:6 '>' needs a number, but this is a list of numbers: to select elements write list.filter(x => …), to ask whether there are some list.some(x => …)",
  ],
  ["Muon.map(lambda m: m.pt)", "1:17 a function is written x => …"],
  ["Math.sqrt(MET.pt)", "1:1 write sqrt(…), without Math"],
  ["MET.pt, MET.phi", "1:1 several values with commas between them are not part of the language: write one expression"],
  ["Muon.filter(m => m.pt > 20", "1:27 the expression ends too early: something is still open, or a value is missing"],
  ["", "an expression cannot be empty"],
  ["MET.pt +", "1:9 the expression ends too early: something is still open, or a value is missing"],
  ["Muon.map(function (m) { return m.pt })", "1:10 a function is written x => …"],
  ["Muon.map(m => { return m.pt })", "1:15 a function is one expression: write x => …, without braces and return"],
  ["`x`", '1:1 texts in backquotes are not part of the language: write "…"; strings are compared, and never put together'],
  ["[1, 2, 3].length", "1:1 lists are not written down: they come from columns, and concat puts them together"],
  ["max(...Muon.pt)", "1:5 '...' stands in records only; for all elements of a list there are its methods, such as list.max()"],
  ["max(Muon.pt)", "1:5 max takes numbers, but this is a list of numbers: for the elements of a list write list.max()"],
  [
    "abs(Muon.eta)",
    "1:5 abs needs a number, but this is a list of numbers: take one element ([0]), reduce it (sum, min, max, length, some, every), or use map for each",
  ],
  [
    "Muon.pt * 2",
    "1:1 '*' needs a number, but this is a list of numbers: take one element ([0]), reduce it (sum, min, max, length, some, every), or use map for each",
  ],
  [
    "Muon[0] * 2",
    "1:1 '*' needs a number, but this is a Muon record that may be missing: take one of its fields, pt, eta, phi, mass, charge",
  ],
  ["Muon.filter(m => m.pt).pt", "1:18 the condition of filter needs a boolean, but this is a number: compare it, such as x > 0"],
  ["Muon.filter(m.pt > 20).pt", "1:13 filter needs a function, such as filter(x => …)"],
  ["Muon.pairs().map((a, b, i, c) => a.pt)", "1:18 the function of map has at most 3 parameters here, not 4"],
  [
    "Muon.pairs().mass",
    "1:14 a list of 2-tuples has no '.mass': say of what with map, such as map((a, b) => a.mass + b.mass) or map((a, b) => (a + b).mass)",
  ],
  ["Muon.pairs().map(p => p[2].pt)", "1:25 the members of a tuple of 2 are [0] to [1]"],
  ["(MET + Muon[0]).mass", "1:2 '+' adds four-vectors, but a MET record has not pt, eta, phi, nor px, py, pz and energy"],
  [
    "MET.pz",
    "1:5 a MET record has no field 'pz' and is no four-vector, for which it needs pt, eta, phi (and mass or energy), or px, py, pz and energy (near pt)",
  ],
  ["Muon.mas", "1:6 a Muon record has no field 'mas' (near mass)"],
  ["Muon.sum(m => m.tight)", "1:6 sum needs a list of numbers, but this is a list of booleans: how many are true count(x => …) tells"],
  ["Muon.minBy(m => m.tight).pt", "1:17 the function of minBy needs a number, but this is a boolean"],
  ["Muon.maxBy().pt", "1:6 maxBy takes one argument, not 0"],
  ["Jet.combinations().length", "1:5 combinations takes one argument, not 0"],
  [
    "Jet.combinations(20).length",
    "1:18 combinations takes how many elements to choose, a whole number from 1 to 8 such as combinations(2)",
  ],
  [
    "Jet.combinations(Muon.length).length",
    "1:18 combinations takes how many elements to choose, a whole number from 1 to 8 such as combinations(2)",
  ],
  ["Muon.cross().length", "1:6 cross needs another list, such as cross(Jet)"],
  [
    "Muon.concat(hits).length",
    "1:6 concat puts lists of numbers, of booleans, of strings, of records or of tuples together, but these are a list of Muon records and a list of numbers",
  ],
  [
    "hits.concat(Muon.tight).length",
    "1:6 concat puts lists of numbers, of booleans, of strings, of records or of tuples together, but these are a list of numbers and a list of booleans",
  ],
  ["Muon.flatMap(m => m.pt)", "1:19 the function of flatMap gives a list, but this is a number: use map"],
  [
    "Muon.map(m => Jet.filter(j => deltaR(m, j) < 0.4).pt)",
    "1:1 this is a list of lists: make it one list with flatMap, or reduce the inner lists (sum, min, max, length)",
  ],
  ["deltaR(Muon[0].eta, Jet[0].eta)", "1:8 deltaR needs a record, but this is a number that may be missing"],
  ["deltaR(Muon[0])", "1:1 deltaR takes 2 arguments, not 1"],
  ["sqrt(1, 2)", "1:1 sqrt takes one argument, not 2"],
  ["Muon.pairs(2).length", "1:12 pairs takes no arguments"],
  ["Muon.slice(HLT_IsoMu24).length", "1:12 slice needs a number, but this is a boolean"],
  ["Muon[HLT_IsoMu24].pt", "1:6 an index needs a number, but this is a boolean"],
  [
    "Muon[0]",
    "1:1 the value of an axis must be a number or a list of numbers, but this is a Muon record that may be missing: take one of its fields, pt, eta, phi, mass, charge",
  ],
  ["Muon", "1:1 this is a list of Muon records: an axis of type regular is filled with numbers; take one of their fields, such as .pt"],
  ["Muon.pairs()", "1:1 this is a list of 2-tuples: an axis of type regular is filled with numbers; say of what with map((a, b) => …)"],
  ["HLT_IsoMu24 ? 1 : false", "1:19 the other side of '? :' needs a number, but this is a boolean"],
  ["col('odd-nam')", "1:5 there is no column 'odd-nam' (near odd-name)"],
  ["col(MET.pt)", '1:1 col takes the name of a column: col("odd-name")'],
  ["Muon.map(m => ({})).length", "1:16 a record needs at least one field"],
  [
    "({ pt: 1 })",
    "1:1 the value of an axis must be a number or a list of numbers, but this is a computed record: take one of its fields, pt",
  ],
  ["({ ...genWeight }).x", "1:7 '...' needs a record, but this is a number"],
  ["MET.pt === undefined ? 1 : 0", "1:12 there is no null: what is missing has a default by ??, such as (x ?? -1), and is in no histogram"],
  ["MET.pt == null ? 1 : 0", "1:11 there is no null: what is missing has a default by ??, such as (x ?? -1), and is in no histogram"],
  ["Muon.nearest(Jet).pt", "1:6 nearest takes a list and a function, such as nearest(Jet, (a, b) => deltaR(a, b))"],
  ["Muon.nearest(Jet, j => j.pt).pt", "1:19 nearest needs a function of 2 parameters, such as nearest(…, (a, b) => …)"],
  ["between(MET.pt, 60) ? 1 : 0", "1:1 between takes 3 arguments, not 2"],
  ["Muon.length()", "1:6 length is a field, not a method: write .length without ()"],
  ["HLT_IsoMu24 & HLT_IsoMu24 ? 1 : 0", "1:1 '&' needs a number, but this is a boolean: for conditions write &&"],
  ["Muon.filter(m => m.pt > 20 & m.eta < 2).pt", "1:18 '&' needs a number, but this is a boolean: for conditions write &&"],
  ["sum(Muon.pt)", "1:1 there is no function 'sum': for the elements of a list write list.sum(…)"],
  ["len(Muon)", "1:1 there is no function 'len': for the elements of a list write list.length"],
  ["Muon.argmax()", "1:6 there is no method 'argmax': maxBy(x => …) gives the element itself"],
  ["HLT_IsoMu24 ? Muon[0].pt : not HLT_IsoMu24", "1:32 for 'not' write !"],
  ["HLT_IsoMu24 ? Muon[0] : 3", "1:25 the other side of '? :' needs a record, but this is a number"],
];

const filters: readonly (readonly [filter: string, told: string])[] = [
  ["MET.pt > 20 and HLT_IsoMu24", "1:13 for 'and' write &&"],
  ["HLT_IsoMu24 = true", "1:12 '=' assigns, which is not part of the language: to compare write ==, to name a value use define"],
  [
    "Muon.pt > 20",
    "1:1 '>' needs a number, but this is a list of numbers: to select elements write list.filter(x => …), to ask whether there are some list.some(x => …)",
  ],
  ["Muon.length", "1:1 a filter must be a boolean, but this is a number: compare it, such as x > 0"],
  ["Muon.length && HLT_IsoMu24", "1:1 '&&' needs a boolean, but this is a number: compare it, such as x > 0"],
  ["Muon.tight", "1:1 a filter must be a boolean, but this is a list of booleans: ask whether some(…) or every(…) is true"],
  ["HLT_IsoMu24 == 1", "1:16 '==' needs a boolean, but this is a number: a boolean is a condition by itself, or with ! before it"],
  ["60 < MET.pt < 120", "1:1 '<' needs a number, but this is a boolean: write a < x && x < b, or between(x, a, b)"],
  ["MET == MET", "1:1 only elements of collections can be compared; this record was computed: compare one of its fields"],
];

const told = (query: object) => findIssues(query, muonSchema).map(describeIssue);

for (const [value, message] of values) {
  test(`the value ${value} is refused`, () =>
    assert.deepEqual(told({ histograms: { h: histogramOf(value) } }), [`/histograms/h/axes/0/value ${message}`]));
}

for (const [filter, message] of filters) {
  test(`the filter ${filter} is refused`, () => assert.deepEqual(told({ filter, histograms: plain }), [`/filter ${message}`]));
}

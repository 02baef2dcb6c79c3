import assert from "node:assert/strict";
import { test } from "node:test";
import { parser } from "@lezer/json";
import type { QueryIssue } from "../../../engine/query/query-error.ts";
import { locateIssue, locateValue } from "../../../functions/page/browser/query/locate-issue.js";

/** The text that is marked. */
function marked(text: string, issue: Omit<QueryIssue, "message">): string {
  const { from, to } = locateIssue(parser.parse(text), text, issue);
  return text.slice(from, to);
}

const query = `{
  "dataset": "demo",
  "define": { "good": "Muon.filter(m => m.pt > 20)", "a/b~c": "x" },
  "filter": ["good.length >= 2", "MET.ptt < 50"],
  "histograms": { "mass": { "axes": [{ "type": "regular", "bins": 0, "value": "good.mass" }] } }
}`;

test("locateIssue marks the word at line and column of an expression", () => {
  assert.equal(marked(query, { at: "/filter/1", line: 1, column: 5 }), "ptt");
  assert.equal(marked(query, { at: "/define/good", line: 1, column: 18 }), "m");
  assert.equal(marked(query, { at: "/define/good", line: 1, column: 23 }), ">");
  assert.equal(marked(query, { at: "/histograms/mass/axes/0/value", line: 1, column: 6 }), "mass");
});

test("locateIssue counts columns in the expression, not in its JSON: escapes take more room there", () => {
  const text = String.raw`{ "filter": "col(\"odd\\u0020name\") > \u0062 + wrong" }`;
  const expression = JSON.parse(text).filter as string;
  assert.equal(marked(text, { at: "/filter", line: 1, column: expression.indexOf("wrong") + 1 }), "wrong");
  assert.equal(marked(text, { at: "/filter", line: 1, column: expression.indexOf("b +") + 1 }), String.raw`\u0062`);
  assert.equal(marked(text, { at: "/filter", line: 1, column: expression.indexOf('"') + 1 }), String.raw`\"`);
});

test("locateIssue finds lines of an expression with line breaks", () => {
  const text = String.raw`{ "filter": "a &&\n  b &&\r\n  wrong" }`;
  assert.equal(marked(text, { at: "/filter", line: 2, column: 3 }), "b");
  assert.equal(marked(text, { at: "/filter", line: 3, column: 3 }), "wrong");
});

test("locateIssue marks the closing quote where an expression ends too early", () => {
  assert.equal(marked('{ "filter": "a +" }', { at: "/filter", line: 1, column: 4 }), '"');
  assert.equal(marked('{ "filter": "a +" }', { at: "/filter", line: 9, column: 99 }), '"');
});

test("locateIssue marks a value as a whole without line and column, a name where the value is long", () => {
  assert.equal(marked(query, { at: "/histograms/mass/axes/0/bins" }), "0");
  assert.equal(marked(query, { at: "/histograms" }), '"histograms"');
  assert.equal(marked(query, { at: "/define/a~1b~0c" }), '"x"');
});

test("locateIssue takes a single filter for the first of a list", () => {
  assert.equal(marked('{ "filter": "MET.ptt" }', { at: "/filter/0", line: 1, column: 5 }), "ptt");
});

test("locateIssue marks as deep as the text goes where the pointer goes deeper, and never nothing", () => {
  assert.equal(marked(query, { at: "/histograms/none/axes/7" }), '"histograms"');
  assert.equal(marked(query, { at: "" }), "{");
  for (const text of ["", "[", '{ "filter": ', '{ "filter": "a', "nonsense", '{ "a": {} }']) {
    const { from, to } = locateIssue(parser.parse(text), text, { at: "/filter/0", line: 1, column: 1 });
    assert.ok(from >= 0 && from <= to && to <= Math.max(1, text.length), `${text}: ${from}–${to}`);
  }
});

test("locateIssue follows the last of equal names, as JSON.parse does", () => {
  const text = '{ "filter": "first", "filter": "second" }';
  assert.equal(marked(text, { at: "/filter", line: 1, column: 1 }), "second");
});

test("locateValue finds the dataset's name with its quotes", () => {
  const range = locateValue(parser.parse(query), query, "dataset");
  assert.equal(query.slice(range!.from, range!.to), '"demo"');
  assert.equal(locateValue(parser.parse("{}"), "{}", "dataset"), undefined);
});

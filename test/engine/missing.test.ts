/** The rules for missing values, one by one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeDataset } from "../support/engine/in-memory-dataset.ts";
import { prepareReaders, type ReadValue, readValues } from "../support/engine/read-values.ts";
import { runPrepared, runQuery } from "../support/engine/run-query.ts";

const missing = undefined;
const dataset = makeDataset(
  [
    {
      entry: 0,
      no: null,
      x: 3,
      yes: true,
      unknown: null,
      list: [1, null, Number.NaN, 2],
      none: [],
      Muon: [
        { pt: 5, eta: 1, phi: 0 },
        { pt: null, eta: 2, phi: 1 },
      ],
    },
    { entry: 1, no: 1, x: 3, yes: true, unknown: true, list: [], none: [1], Muon: [] },
  ],
  { "none[]": "float64" },
);

/** The answer for event 0. */
function answerOf(text: string, kind: "number" | "boolean" = "number"): ReadValue {
  const reader = { kind, text } as const;
  const prepared = prepareReaders([reader], dataset);
  return readValues(runPrepared(prepared, dataset), prepared, reader, { index: 0, lengths: [1, 1] })[0];
}

function assertValues(kind: "number" | "boolean", values: Readonly<Record<string, ReadValue>>): void {
  for (const [text, value] of Object.entries(values)) assert.deepEqual(answerOf(text, kind), value, text);
}

test("a missing value passes through operators, comparisons, functions and members", () => {
  assertValues("number", {
    no: missing,
    "-no": missing,
    "no + x": missing,
    "x ** no": missing,
    "max(x, no)": missing,
    "sqrt(no)": missing,
    "no ** 0": missing,
    "Muon[7].pt": missing,
    "Muon[1].pt": missing,
    "Muon[1].eta": 2,
    "(Muon[0] + Muon[7]).px": missing,
    "Muon[7].mass": missing,
    "Muon[0].mass": 0,
  });
  assertValues("boolean", {
    "no > x": missing,
    "no == no": missing,
    "isNaN(no)": missing,
    "Muon[7] == Muon[0]": missing,
    "Muon[0] == Muon[0]": true,
    "!unknown": missing,
  });
});

test("&& is false and || true as soon as either side says so, whatever is missing", () => {
  assertValues("boolean", {
    "unknown && false": false,
    "false && unknown": false,
    "unknown && true": missing,
    "unknown && unknown": missing,
    "unknown || true": true,
    "true || unknown": true,
    "unknown || false": missing,
    "!(unknown && sqrt(x) > 9)": true,
    "sqrt(x) > 1 || unknown": true,
  });
});

test("a missing test of ?: takes the second branch, and ?? gives a default", () => {
  assertValues("number", {
    "unknown ? 1 : 2": 2,
    "yes ? no : 2": missing,
    "no ?? 7": 7,
    "x ?? 7": 3,
    "no ?? no": missing,
    "(Muon[7] ?? Muon[0]).pt": 5,
    "(unknown ? Muon[0] : Muon[1]).eta": 2,
  });
  assertValues("number", { "((yes ? Muon[1] : Muon[7]) ?? Muon[0]).eta": 2, "((Muon[7] + Muon[0]) ?? Muon[0]).pt": 5 });
  assertValues("boolean", { "unknown ?? true": true });
});

test("filter, some and every take only what is true", () => {
  assertValues("number", { "list.filter(v => v > 0).length": 2, "list.filter(v => !(v > 0)).length": 1, "list.length": 4 });
  assertValues("boolean", {
    "list.some(v => v == 2)": true,
    "list.some(v => v == 9)": false,
    "list.every(v => v < 9 || isNaN(v))": false,
    "none.every(v => false)": true,
    "none.some(v => true)": false,
  });
});

test("sum, min and max skip what is missing; of nothing sum is 0 and the others are missing", () => {
  assertValues("number", {
    "list.sum()": Number.NaN,
    "list.filter(v => v > 0).sum()": 3,
    "list.filter(v => v > 0).min()": 1,
    "list.filter(v => v > 0).max()": 2,
    "list.min()": Number.NaN,
    "none.sum()": 0,
    "none.min()": missing,
    "none.max()": missing,
    "Muon.sum(m => m.pt)": 5,
    "Muon.min(m => m.pt)": 5,
    "Muon.filter(m => m.eta > 1).max(m => m.pt)": missing,
  });
});

test("an index is of an element or of nothing: -1, a fraction and NaN are of none; at counts from the end and cuts off", () => {
  assertValues("number", {
    "list[0]": 1,
    "list[1]": missing,
    "list[3]": 2,
    "list[4]": missing,
    "list[-1]": missing,
    "list[0.5]": missing,
    "list[0 / 0]": missing,
    "list[no]": missing,
    "list[-0]": 1,
    "none[0]": missing,
  });
  assertValues("number", {
    "list.at(-1)": 2,
    "list.at(-4)": 1,
    "list.at(-5)": missing,
    "list.at(3.9)": 2,
    "list.at(0 / 0)": 1,
    "list.at(1 / 0)": missing,
    "list.at(no)": missing,
  });
});

test("a list put together with one that is missing, or cut at a place that is missing, is missing: nothing of it fills a histogram", () => {
  const gone = "Muon.map(m => list)[7]";
  for (const value of [
    `list.concat(${gone})`,
    `list.concat(none, ${gone})`,
    `${gone}.concat(list)`,
    `list.cross(${gone}).map((a, b) => a)`,
    "list.slice(0, no)",
    "list.slice(no)",
  ]) {
    const axis = { type: "regular", bins: 1, lower: -10, upper: 10, value: `${value}.map(v => v ?? 0)` };
    assert.equal(runQuery({ filter: "entry == 0", histograms: { it: { axes: [axis] } } }, dataset).histogram("it").fills, 0, value);
    assert.equal(answerOf(`${value}.length`), missing, value);
  }
});

test("each element is nearest to none of a list that is missing, as it is to none of an empty one", () => {
  const nearest = "list.nearest(Muon.map(m => list)[7], (a, b) => a - b)";
  assertValues("number", { [`${nearest}.length`]: 4, [`${nearest}[0]`]: missing });
});

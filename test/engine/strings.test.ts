import assert from "node:assert/strict";
import { test } from "node:test";
import { compileProgram } from "../../engine/compile/compile-program.ts";
import { makeProgram } from "../../engine/query/make-program.ts";
import { readQuery } from "../../engine/query/query.ts";
import { ScratchExhausted } from "../../engine/run/run-program.ts";
import { makeDataset } from "../support/engine/in-memory-dataset.ts";
import { fillOnce, prepareQuery, runPrepared, runQuery } from "../support/engine/run-query.ts";

const events = [
  {
    channel: "mu",
    trigger: null,
    tags: ["tight", "loose"],
    Lepton: [
      { kind: "e", pt: 1 },
      { kind: "mu", pt: 2 },
    ],
  },
  { channel: "e", trigger: "e", tags: ["tight", null], Lepton: [] },
  { channel: "tau", trigger: "mu", tags: [], Lepton: [{ kind: null, pt: 5 }] },
];
const dataset = makeDataset(events);

/** The events for which a condition is true, false and missing. */
function answers(condition: string): readonly (boolean | undefined)[] {
  const axis = { type: "regular", bins: 3, lower: 0, upper: 3, value: "entry" };
  const numbered = makeDataset(events.map((event, entry) => ({ ...event, entry })));
  const [yes, no] = [condition, `!(${condition})`].map((filter) => fillOnce({ axes: [axis], filter }, numbered));
  return events.map((_, entry) => (yes![entry + 1] === 1 ? true : no![entry + 1] === 1 ? false : undefined));
}

for (const [what, condition, expected] of [
  ["a column equals a literal, in either kind of quotes", `channel == "mu" || channel === 'tau'`, [true, false, true]],
  ["!= is the opposite", `"mu" != channel`, [false, true, true]],
  ["two columns compare by their strings, not their numbers", "trigger == channel", [undefined, true, false]],
  ["missing passes through, and ?? gives a default", `(trigger ?? "none") == "none"`, [true, false, false]],
  ["? : chooses strings", `(channel == "tau" ? "mu" : channel) == "mu"`, [true, false, true]],
  ["a list of strings is filtered", `tags.filter(t => t == "tight").length == 1`, [true, true, false]],
  ["lists of strings are put together", `tags.concat(Lepton.kind).some(t => t == "mu")`, [true, false, false]],
  ["a field of an element that may be missing", `Lepton.find(l => l.pt > 1).kind == channel`, [true, undefined, undefined]],
  ["elements compare with each other", "Lepton[0].kind == Lepton[1].kind", [false, undefined, undefined]],
  ["a record literal has strings", `({ k: channel, n: 1 }).k == "e"`, [false, true, false]],
  ["a function gives strings", `Lepton.map(l => l.pt > 1 ? "hard" : l.kind).some(k => k == "hard")`, [true, false, true]],
  ["strings that no column has are known, too", `"a" == "b" || channel == "nobody"`, [false, false, false]],
  ["names of members of objects are plain strings", `channel == "constructor" || channel == "__proto__"`, [false, false, false]],
  ["col gives a column of strings", `col("channel") == "mu"`, [true, false, false]],
] as const) {
  test(`strings: ${what}`, () => {
    assert.deepEqual(answers(condition), expected);
  });
}

test("strings fill an axis of categories; unlisted ones its flow bin, missing ones nothing", () => {
  const axis = { type: "category", categories: ["mu", "e"] };
  assert.deepEqual(fillOnce({ axes: [{ ...axis, value: "channel" }] }, dataset), [1, 1, 1]);
  assert.deepEqual(fillOnce({ axes: [{ ...axis, value: "trigger" }] }, dataset), [1, 1, 0]);
  assert.deepEqual(fillOnce({ axes: [{ ...axis, value: "Lepton.kind" }] }, dataset), [1, 1, 0]);
  assert.deepEqual(fillOnce({ axes: [{ ...axis, value: '"e"' }] }, dataset), [0, 3, 0]);
});

test("partitions with other dictionaries give the same as one", () => {
  const query = {
    filter: ['channel != "nobody"'],
    histograms: {
      kinds: { axes: [{ type: "category", categories: ["e", "mu"], value: "Lepton.kind" }] },
      same: { axes: [{ type: "boolean", value: 'trigger == "mu"' }] },
    },
  };
  const [whole, parts] = [runQuery(query, dataset), runQuery(query, dataset, { split: [1, 2] })];
  assert.deepEqual(parts.histograms, whole.histograms);
  assert.deepEqual(parts.filters, whole.filters);
});

test("programs differ where a literal or a category does, and are one where only its quotes do", () => {
  const programOf = (literal: string, category = "mu") => {
    const axes = [{ type: "category", categories: [category], value: `channel == ${literal} ? "a" : "b"` }];
    return JSON.stringify(prepareQuery({ histograms: { h: { axes } } }, dataset.schema).planned.program);
  };
  assert.equal(programOf('"mu"'), programOf("'mu'"));
  assert.notEqual(programOf('"mu"'), programOf('"e"'));
  assert.notEqual(programOf('"mu"'), programOf('"mu"', "e"));
});

test("a module is independent of strings: those of the query and of its data are not in it", () => {
  const bytesOf = ([literal, other, category]: readonly string[]) => {
    const axes = [{ type: "category", categories: [category], value: `channel == "${literal}" ? channel : "${other}"` }];
    const { terms } = makeProgram(readQuery({ dataset: "test", histograms: { h: { axes } } }), dataset.schema);
    return compileProgram(terms, dataset.schema);
  };
  assert.deepEqual(bytesOf(["alpha", "beta", "gamma"]), bytesOf(["mu", "e", "tau"]));
});

test("a run whose strings need more scratch than there is says so, and can be repeated with more", () => {
  const many = makeDataset(Array.from({ length: 500 }, (_, index) => ({ name: `s${index}` })));
  const prepared = prepareQuery({ histograms: { h: { axes: [{ type: "category", categories: ["s7"], value: "name" }] } } }, many.schema);
  assert.throws(() => runPrepared(prepared, many, { scratch: 1024 }), ScratchExhausted);
  assert.deepEqual([...runPrepared(prepared, many, { scratch: 4096 }).histograms[0]!.contents.values], [1, 499]);
});

test("col takes every column by its full name, whatever else has the name; a field of any name stands in brackets", () => {
  const odd = makeDataset([
    { "odd-name": 1, pi: 2, Muon: [{ "pt corrected": 5, "is-good": true }], "MC weight": { "up/down": 7 } },
    { "odd-name": 0, pi: 2, Muon: [], "MC weight": { "up/down": 7 } },
  ]);
  const axis = { type: "integer", lower: 0, upper: 8 };
  const filled = (value: string, define = {}) =>
    fillOnce({ axes: [{ ...axis, value }] }, odd, { define }).flatMap((count, bin) => (count > 0 ? [bin - 1] : []));
  assert.deepEqual(filled('col("odd-name")'), [0, 1]);
  assert.deepEqual(filled('col("pi")', { pi: "6" }), [2]);
  assert.deepEqual(filled('col("Muon_pt corrected")'), [5]);
  assert.deepEqual(filled('Muon.filter(m => m["is-good"]).map(m => m["pt corrected"])'), [5]);
  assert.deepEqual(filled('Muon["pt corrected"]'), [5]);
  assert.deepEqual(filled('col("MC weight")["up/down"]'), [7]);
  assert.deepEqual(filled('({ "a b": 3 })["a b"]'), [3]);
});

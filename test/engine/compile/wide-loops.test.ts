/** Loops that compute two elements at once must give what loops over each one give, bit by bit, whatever the lists' lengths. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeDataset } from "../../support/engine/in-memory-dataset.ts";
import { fillOnce, prepareQuery, runPrepared, runQuery } from "../../support/engine/run-query.ts";
import { seeded } from "../../support/seeded.ts";

const random = seeded(11);
const strange = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1e30, 2e6, -2e6, 800].map(Math.fround);
const value = () => (random.chance(0.05) ? strange[random.below(strange.length)] : Math.fround(8 * random.fraction() - 4));
const events = Array.from({ length: 60 }, (_, entry) => ({
  entry,
  one: 1,
  Jet: Array.from({ length: entry % 9 }, () => ({ x: value(), y: value(), n: random.below(5) - 2 })),
}));

/** The same expression over a list whose elements are not read directly from memory, so that loops over it are compiled for one element at a time. */
const slowly = (text: string) => text.replaceAll("Jet", "Jet.slice(0)");

for (const dtype of ["float32", "float64"] as const) {
  const dataset = makeDataset(events, { "Jet[].x": dtype, "Jet[].y": dtype, "Jet[].n": "int32" });
  const functions = [
    "j.x",
    "-j.y * j.x",
    "sin(j.x) + cos(j.y)",
    "sinh(j.x)",
    "exp(j.x) - j.n",
    "abs(j.x) > 1 ? sqrt(abs(j.y)) : j.n",
    "wrap(j)",
  ];
  const cuts = [
    "j.x > 0",
    "j.n == 1 && j.y < 1 || j.x < -2",
    "!(cos(j.x) > sin(j.y))",
    "isNaN(j.y)",
    "max(j.x, j.y) > min(j.n, 0)",
    "true",
  ];

  for (const [index, cut] of cuts.entries()) {
    test(`cutting on ${cut} and filling counts the same two at a time, from ${dtype}`, () => {
      const body = functions[index].replace("wrap(j)", "deltaphi(j.x, j.y)");
      const text = `Jet.filter(j => ${cut}).map(j => ${body})`;
      const fill = (expression: string) =>
        fillOnce({ axes: [{ type: "regular", bins: 37, lower: -1.5, upper: 2.25, value: expression }] }, dataset);
      assert.deepEqual(fill(text), fill(slowly(text)));
    });
  }

  for (const key of [
    "abs(a.x * b.y - 1)",
    "sin(a.x) * cos(b.x) + a.n",
    "deltaphi(a.x, b.y)",
    "a.x > b.x ? exp(a.x) : sinh(b.y)",
    "sqrt(a.x * b.x)",
    "abs(sqrt(a.x * b.x) - 1.25)",
    "abs(0 - sqrt(a.x * b.y))",
    "abs(sqrt(a.x + b.x) - 1e300)",
    "a.n - b.n",
  ]) {
    for (const name of ["minBy", "maxBy"]) {
      test(`${name} of ${key} picks the same pair two at a time, from ${dtype}`, () => {
        const pick = (list: string) => `${list}.pairs().${name}((a, b) => ${key})`;
        const isSame = (place: number) => `(${pick("Jet")}[${place}].x ?? 5) == (${pick("Jet.slice(0)")}[${place}].x ?? 5)`;
        const isBothNaN = (place: number) => `isNaN(${pick("Jet")}[${place}].x ?? 5) && isNaN(${pick("Jet.slice(0)")}[${place}].x ?? 5)`;
        const filter = [0, 1].map((place) => `${isSame(place)} || ${isBothNaN(place)}`);
        const histograms = { h: { axes: [{ type: "regular", bins: 1, lower: 0, upper: 2, value: "one" }] } };
        assert.equal(runQuery({ filter, histograms }, dataset).filters[1].events, events.length);
      });
    }
  }
}

test("counting what passes a cut over the content of all events gives what counting it for each event gives", () => {
  const dataset = makeDataset(events, { "Jet[].x": "float32", "Jet[].y": "float64", "Jet[].n": "int32" });
  for (const cut of ["j.x > 0.5", "j.n == 1 || j.y < 0", "isNaN(j.x)", "j.n < 9", "true"]) {
    const fill = (list: string) =>
      fillOnce({ axes: [{ type: "regular", bins: 10, lower: 0, upper: 10, value: `${list}.filter(j => ${cut}).length` }] }, dataset);
    assert.deepEqual(fill("Jet"), fill("Jet.slice(0)"));
    const prepared = prepareQuery(
      { histograms: { h: { axes: [{ type: "regular", bins: 10, lower: 0, upper: 10, value: `Jet.filter(j => ${cut}).length` }] } } },
      dataset.schema,
    );
    const small = runPrepared(prepared, dataset, { scratch: 16 }).histograms[0];
    assert.deepEqual(small, runPrepared(prepared, dataset).histograms[0], "where scratch is too small for it");
  }
});

/** In compiled programs lists are loops. A list's content must not depend on how it is looped over. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ScratchExhausted, StepsExceeded } from "../../engine/run/run-program.ts";
import { makeDataset } from "../support/engine/in-memory-dataset.ts";
import { prepareReaders, readValues } from "../support/engine/read-values.ts";
import { fillOnce, prepareQuery, runPrepared, runQuery } from "../support/engine/run-query.ts";
import { listOf, muonLists } from "./muon-lists.ts";

test("pairs takes every two elements once, in the order of their places", () => {
  assert.deepEqual(listOf("Muon.pairs().map((a, b) => a.pt * 100 + b.pt)", 6), [520, 510, 540, 2010, 2040, 1040]);
});

test("triples takes every three elements once, in the order of their places", () => {
  assert.deepEqual(
    listOf("Muon.triples().map((a, b, c, i) => a.pt * 1e4 + b.pt * 100 + c.pt + i / 8)", 4),
    [52010, 52040.125, 51040.25, 201040.375],
  );
  assert.deepEqual(listOf("Jet.triples().map(t => t[0].pt)", 0), []);
  assert.deepEqual(listOf("numbers.triples().filter((a, b, c) => a + b == c).map(t => t[0] + t[1] + t[2])", 1), [46]);
});

test("combinations takes every k elements once, in the order of their places", () => {
  assert.deepEqual(listOf("numbers.combinations(1).map(t => t[0])", 6), [4, 8, 15, 16, 23, 42]);
  assert.deepEqual(listOf("Muon.combinations(4).map((a, b, c, d, i) => a.pt + b.pt * 10 + c.pt * 100 + d.pt * 1000 + i)", 1), [41205]);
  assert.deepEqual(listOf("numbers.combinations(5).map(t => t[4] - t[0])", 6), [19, 38, 38, 38, 38, 34]);
});

test("cross takes every element of one list with every one of the other", () => {
  assert.deepEqual(
    listOf("Muon.filter(m => m.pt > 10).cross(Jet).map((m, j, i) => m.pt * 100 + j.pt + i / 8)", 4),
    [2030, 2050.125, 4030.25, 4050.375],
  );
  assert.deepEqual(listOf("Jet.cross(numbers.filter(n => n > 50)).map(t => t[1])", 0), []);
});

test("nearest gives for each element the one of the other list for which the function gives least", () => {
  assert.deepEqual(listOf("Muon.nearest(Jet, (m, j) => abs(j.pt - m.pt)).pt", 4), [30, 30, 30, 30]);
  assert.deepEqual(listOf("numbers.nearest(numbers, (a, b) => abs(a + b - 24))", 6), [23, 16, 8, 8, 4, 4]);
  assert.deepEqual(listOf("Muon.nearest(Jet.filter(j => j.pt > 90), (m, j) => j.pt - m.pt).map(j => j.pt ?? -1)", 4), [-1, -1, -1, -1]);
});

test("an element that is picked is that element: its fields, its place, and what it is a member of", () => {
  assert.deepEqual(listOf("Muon.filter(m => m != Muon.maxBy(o => o.pt)).pt", 3), [5, 20, 10]);
  assert.deepEqual(listOf("Muon.filter(m => m == Muon.pairs().minBy((a, b) => abs(a.pt - b.pt - 10))[1]).pt", 1), [10]);
  assert.deepEqual(listOf("numbers.filter(n => n > (Muon.find(m => m.jet == 0).pt ?? 100))", 4), [15, 16, 23, 42]);
  assert.deepEqual(listOf("numbers.map(n => Muon.pairs()[n - 3][1].pt ?? n)", 6), [10, 40, 15, 16, 23, 42]);
});

test("an index parameter counts in the list that the function is over", () => {
  assert.deepEqual(listOf("numbers.filter(n => n > 8).map((n, i) => n * 10 + i)", 4), [150, 161, 232, 423]);
  assert.deepEqual(listOf("numbers.filter((n, i) => i % 2 == 1).map((n, i) => n * 10 + i)", 3), [80, 161, 422]);
  assert.deepEqual(listOf("Muon.pairs().filter((a, b, i) => i != 1).map((a, b, i) => i)", 5), [0, 1, 2, 3, 4]);
});

test("an index outlives later filters: it is of the list where it was taken", () => {
  const define = { places: "Muon.pairs().filter((a, b) => a.pt + b.pt > 20).map((a, b, i) => i)" };
  assert.deepEqual(listOf("places.filter(i => i != 1)", 4, define), [0, 2, 3, 4]);
  assert.deepEqual(listOf("places.filter(i => i != 1).map(i => i * 10 + places.filter(j => j > i).length)", 4, define), [4, 22, 31, 40]);
  assert.deepEqual(
    listOf("numbers.filter(n => n > 8).map((n, i) => n + i).filter(m => m > 16).pairs().map((a, b) => b - a)", 3),
    [8, 28, 20],
  );
});

test("an element found by number is the same as the one in the list, or none", () => {
  assert.deepEqual(listOf("Muon.map(m => Jet[m.jet].pt ?? -1)", 4), [50, -1, 30, -1]);
  assert.deepEqual(listOf("Muon.map(m => Muon.filter(o => o.pt > m.pt)[0].pt ?? 0)", 4), [20, 40, 20, 0]);
  assert.deepEqual(listOf("numbers.map(n => Muon.filter(o => o.pt > 100).pairs().map((a, b) => a.pt)[0] ?? n)", 6), [4, 8, 15, 16, 23, 42]);
});

test("lists of lists are reduced one by one, and may be filtered by their lengths", () => {
  assert.deepEqual(listOf("Muon.map(m => Jet.filter(j => j.pt > 2 * m.pt)).map(jets => jets.sum(j => j.pt))", 4), [80, 50, 80, 0]);
  assert.deepEqual(
    listOf("Muon.map(m => Jet.filter(j => j.pt > 2 * m.pt)).filter(jets => jets.length > 0).map((jets, i) => jets.length * 10 + i)", 3),
    [20, 11, 22],
  );
});

test("a function's parameter hides outer names, also those that are used in what it is over", () => {
  assert.deepEqual(listOf("Muon.filter(Muon => Muon.pt > 8).map(Muon => Muon.pt)", 3), [20, 10, 40]);
  assert.deepEqual(listOf("Jet.map(j => Muon.filter(m => m.pt < j.pt).sum(j => j.pt))", 2), [35, 75]);
});

test("lists that were mapped outside of a function keep their meaning inside of it", () => {
  const define = { doubled: "Muon.map(m => m.pt * 2)", far: "doubled.filter(d => d > 15)" };
  assert.deepEqual(listOf("Jet.map(j => numbers.map(n => far.some(d => d > j.pt + n) ? 1 : 0).sum())", 2, define), [6, 5]);
});

test("elements of two collections never are the same, those of one are by their place", () => {
  assert.deepEqual(listOf("Muon.map(a => Muon.filter(b => b != a).length)", 4), [3, 3, 3, 3]);
  assert.deepEqual(listOf("Muon.map(a => Muon.filter(b => b.pt > 8).some(b => a == b) ? 1 : 0)", 4), [0, 1, 1, 1]);
  assert.deepEqual(listOf("Muon.map(m => Jet.some(j => j == m) ? 1 : 0)", 4), [0, 0, 0, 0]);
});

const histograms = { all: { axes: [{ type: "regular", bins: 1, lower: 0, upper: 1, value: "0" }] } };

/** Elements of the one event of a dataset. */
const counted = (n: number) => makeDataset([{ numbers: [] }, { numbers: Array.from({ length: n }, (_, i) => i) }]);

for (const n of [1_626, 1_627, 2_346, 3_000, 200_000]) {
  const triples = (n * (n - 1) * (n - 2)) / 6;

  test(`${n} elements have ${triples} triples, whatever their number takes in bits`, () => {
    const { filters } = runQuery({ filter: [`numbers.triples().length == ${triples}`], histograms }, counted(n));
    assert.equal(filters[0].events, 1);
  });

  test(`the kept triples of ${n} elements are refused where they do not fit, and nothing is written past the scratch`, () => {
    const define = { kept: "numbers.triples().filter((a, b, c) => a < 1)" };
    const prepared = prepareQuery({ define, filter: ["kept.length + kept.sum((a, b, c) => a) > 0"], histograms }, counted(n).schema);
    assert.throws(() => runPrepared(prepared, counted(n), { scratch: 1 << 20 }), triples > 4e9 ? StepsExceeded : ScratchExhausted);
  });
}

test("more triples than 63 bits hold are refused", () => {
  const n = 2 ** 21 + 1;
  const prepared = prepareQuery({ filter: ["numbers.triples().length > 0"], histograms }, counted(1).schema);
  assert.throws(() => runPrepared(prepared, counted(n)), ScratchExhausted);
});

test("elements beyond number 2³¹ of a list have their numbers", () => {
  const filter = ["numbers.pairs().filter((a, b, i) => i >= 2147483648 && i <= 2147516415).length == 32768"];
  assert.equal(runQuery({ filter, histograms }, counted(65_537)).filters[0].events, 1);
});

test("pairs of what was made of pairs are counted right, and refused where they do not fit", () => {
  const define = { differences: "numbers.pairs().map((a, b) => b - a)" };
  for (const n of [123, 65_537]) {
    const pairs = (n * (n - 1)) / 2;
    const filter = [`differences.pairs().length == ${(pairs * (pairs - 1)) / 2}`];
    assert.equal(runQuery({ define, filter, histograms }, counted(n)).filters[0].events, 1);
  }
  const refused = { "differences.pairs().length > 0": 200_000, "differences.pairs().some((a, b) => a > 1e9)": 65_537 };
  for (const [filter, n] of Object.entries(refused)) {
    const prepared = prepareQuery({ define, filter: [filter], histograms }, counted(1).schema);
    assert.throws(() => runPrepared(prepared, counted(n), { scratch: 1 << 20 }), ScratchExhausted);
  }
});

for (const n of [65_535, 65_537, 200_000]) {
  const pairs = (n * (n - 1)) / 2;
  const large = counted(n);

  test(`${n} elements have ${pairs} pairs, whatever their number takes in bits`, () => {
    const { filters } = runQuery({ filter: [`numbers.pairs().length == ${pairs}`], histograms }, large);
    assert.equal(filters[0].events, 1);
  });

  test(`the kept pairs of ${n} elements are refused where they do not fit, and nothing is written past the scratch`, () => {
    const define = { kept: "numbers.pairs().filter((a, b) => a >= 0)" };
    const prepared = prepareQuery({ define, filter: ["kept.length + kept.sum((a, b) => a) > 0"], histograms }, large.schema);
    assert.throws(() => runPrepared(prepared, large, { scratch: 1 << 20 }), (n * (n - 1)) / 2 > 4e9 ? StepsExceeded : ScratchExhausted);
  });
}

test("of more pairs than scratch holds those that are selected are kept, where these fit", () => {
  const define = { kept: "numbers.pairs().filter((a, b) => a < 1)" };
  const filter = ["kept.length == 4096 && kept.sum((a, b) => a) == 0 && kept.max((a, b) => b) == 4096"];
  const { filters } = runPrepared(prepareQuery({ define, filter, histograms }, counted(1).schema), counted(4_097), { scratch: 1 << 20 });
  assert.equal(filters[0].events, 1);
});

test("lists in the function of a list that is kept have scratch of their own", () => {
  const n = 40;
  const isSumOfTwo = (a: number, b: number) => Array.from({ length: b }, (_, c) => c).some((c) => c > a && b - c > c);
  let selected = 0;
  for (let a = 0; a < n; a++) for (let b = a + 1; b < n; b++) if (isSumOfTwo(a, b)) selected++;
  const define = { kept: "numbers.pairs().filter((a, b) => numbers.filter(n => n > a).pairs().some((c, d) => c + d == b))" };
  const filter = [`kept.length == ${selected} && kept.sum((a, b) => b) > 0`];
  const prepared = prepareQuery({ define, filter, histograms }, counted(1).schema);
  assert.equal(runPrepared(prepared, counted(n)).filters[0].events, 1);
  assert.throws(() => runPrepared(prepared, counted(n), { scratch: 1 << 10 }), ScratchExhausted);
});

test("lists that are kept on behalf of another stay where they are when that one is done", () => {
  const numberOf = (text: string, define: Readonly<Record<string, string>>) => {
    const reader = { kind: "number", text } as const;
    const prepared = prepareReaders([reader], muonLists, { defines: define });
    return readValues(runPrepared(prepared, muonLists), prepared, reader, { index: 0, lengths: [1, 1] })[0];
  };
  const chosen = "Muon.filter(m => m.pt > 5 && m.eta < 9)";
  const others = "(numbers.filter(n => n > 4)[0] ?? 0)";
  assert.equal(numberOf(`(chosen.filter(m => m.pt > 20)[0].pt ?? 0) + ${others} + chosen.sum(m => m.pt)`, { chosen }), 40 + 8 + 70);
  // Reads both a list over which a function runs, and one inside the function.
  const near = "Jet.filter(j => chosen.some(m => m.pt == j.pt + 10))";
  assert.equal(numberOf(`(near[0].pt ?? 0) + ${others} + chosen.sum(m => m.pt)`, { chosen, near }), 30 + 8 + 70);
});

test("a list that is used inside its own function is that of the same event", () => {
  const events = makeDataset([{ numbers: [1, 2, 3] }, { numbers: [5] }, { numbers: [] }, { numbers: [2, 9] }]);
  const axis = { type: "regular", bins: 4, lower: 0, upper: 4 };
  const fill = (value: string) => fillOnce({ axes: [{ ...axis, value }] }, events).slice(1, -1);
  assert.deepEqual(fill("numbers.map(n => numbers.filter(m => m > n).length)"), [3, 2, 1, 0]);
  assert.deepEqual(fill("numbers.filter(n => numbers.some(m => m > n)).map(n => numbers.length)"), [0, 0, 1, 2]);
});

test("a selection that several histograms share takes no scratch of all events together", () => {
  const events = makeDataset(Array.from({ length: 1000 }, () => ({ numbers: Array.from({ length: 40 }, (_, n) => n) })));
  const axis = { type: "regular", bins: 1, lower: 0, upper: 40 };
  const define = { selected: "numbers.filter(n => n >= 8)" };
  const both = ["selected", "selected.map(n => n / 2)"].map((value, index) => [`h${index}`, { axes: [{ ...axis, value }], weight: "1" }]);
  const prepared = prepareQuery({ define, histograms: Object.fromEntries(both) }, events.schema);
  const { histograms: filled } = runPrepared(prepared, events, { scratch: 1 << 10 });
  assert.deepEqual(
    filled.map(({ fills }) => fills),
    [32_000, 32_000],
  );
});

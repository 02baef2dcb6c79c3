/** Lists that are sorted, taken out of others, chosen between, or missing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { programKey } from "../../engine/program/program.ts";
import { type InMemoryDataset, makeDataset } from "../support/engine/in-memory-dataset.ts";
import { prepareReaders, type ReadValue, readValues } from "../support/engine/read-values.ts";
import { prepareQuery, runPrepared } from "../support/engine/run-query.ts";

const muon = (pt: number, charge: number) => ({ pt, eta: pt / 10, phi: 0, charge });
const dataset = makeDataset([
  { entry: 0, x: 1, Muon: [muon(20, 1), muon(5, -1), muon(40, 1), muon(5, 2)], Jet: [{ pt: 30 }, { pt: 50 }], numbers: [4, 2, 3] },
  { entry: 1, x: 2, Muon: [], Jet: [{ pt: 7 }], numbers: [] },
]);

/** The values by event. */
function valuesOf(text: string, kind: "number" | "numbers", lengths: readonly number[] = [1, 1]): readonly ReadValue[] {
  return valuesIn(dataset, text, { kind, lengths });
}

interface Read {
  readonly kind: "number" | "numbers";
  readonly lengths: readonly number[];
}

function valuesIn(dataset: InMemoryDataset, text: string, { kind, lengths }: Read): readonly ReadValue[] {
  const reader = { kind, text } as const;
  const prepared = prepareReaders([reader], dataset);
  return readValues(runPrepared(prepared, dataset), prepared, reader, { index: 0, lengths });
}

test("sortBy orders by a number, keeps equal ones in order, and puts NaN and missing last", () => {
  const lists = (text: string, lengths: readonly number[]) => valuesOf(text, "numbers", lengths);
  assert.deepEqual(lists("Muon.sortBy(m => m.pt).map((m, i) => m.charge * 10 + i)", [4, 0]), [[-10, 21, 12, 13], []]);
  assert.deepEqual(lists("Muon.sortBy(m => -m.pt).pt", [4, 0]), [[40, 20, 5, 5], []]);
  assert.deepEqual(lists("Muon.sortBy(m => m.pt > 10 ? 0 / 0 : -m.charge).charge", [4, 0]), [[2, -1, 1, 1], []]);
  assert.deepEqual(lists("Muon.sortBy(m => numbers.filter(n => n > m.charge)[2]).charge", [4, 0]), [[1, -1, 1, 2], []]);
  assert.deepEqual(lists("Muon.pairs().sortBy((a, b) => a.pt + b.pt).slice(0, 3).map((a, b) => a.pt + b.pt)", [3, 0]), [[10, 25, 25], []]);
  assert.deepEqual(lists("Muon.filter(m => m.pt > 4).sortBy(m => m.pt).filter((m, i) => i != 1).sortBy(m => m.charge).pt", [3, 0]), [
    [5, 20, 40],
    [],
  ]);
  assert.deepEqual(valuesOf("Muon.sortBy(m => m.pt)[3].pt", "number"), [40, undefined]);
  assert.deepEqual(valuesOf("Jet.sum(j => Muon.sortBy(m => abs(m.pt - j.pt))[0].pt)", "number"), [60, 0]);
});

test("an inner list that is taken out is missing where there is none, and so is what is made of it", () => {
  const inner = "Muon.map(m => Jet.filter(j => j.pt > m.pt))";
  assert.deepEqual(valuesOf(`${inner}[0].length`, "number"), [2, undefined]);
  assert.deepEqual(valuesOf(`${inner}[2].length`, "number"), [1, undefined]);
  assert.deepEqual(valuesOf(`${inner}.at(-1).sum(j => j.pt)`, "number"), [80, undefined]);
  assert.deepEqual(valuesOf(`${inner}.find(l => l.length == 1).sum(j => j.pt) ?? -1`, "number"), [50, -1]);
  assert.deepEqual(valuesOf(`${inner}.minBy(l => l.length)[0].pt`, "number"), [50, undefined]);
  assert.deepEqual(valuesOf(`${inner}[0].filter(j => j.pt > 30).pt`, "numbers", [1, 0]), [[50], []]);
  assert.deepEqual(valuesOf(`(${inner}[1] ?? Jet).pt`, "numbers", [2, 1]), [[30, 50], [7]]);
  assert.deepEqual(valuesOf(`Muon.map(m => ${inner}[0]).length`, "number"), [4, 0]);
  assert.deepEqual(valuesOf(`${inner}.map((l, i) => ${inner}[i + 1]).map(l => l.length ?? 9)`, "numbers", [4, 0]), [[2, 1, 2, 9], []]);
  assert.deepEqual(valuesOf(`Jet.concat(${inner}[0]).length`, "number"), [4, undefined]);
});

test("a list can be a side of '? :'", () => {
  assert.deepEqual(valuesOf("(x > 1 ? Jet : Muon).map((l, i) => l.pt + i)", "numbers", [4, 1]), [[20, 6, 42, 8], [7]]);
  assert.deepEqual(valuesOf("(x > 1 ? Jet : Jet.filter(j => j.pt > 30)).length", "number"), [1, 1]);
  assert.deepEqual(valuesOf("(Muon[0].charge > 0 ? numbers : numbers.map(n => 2 * n)).sum()", "number"), [9, 0]);
  assert.deepEqual(valuesOf("Jet.map(j => (j.pt > 30 ? Muon : Muon.slice(0, 1)).length)", "numbers", [2, 1]), [[1, 4], [0]]);
  assert.deepEqual(valuesOf("(x > 1 ? Jet : Muon).pairs().length", "number"), [6, 0]);
});

test("four-vectors of a list add up", () => {
  assert.deepEqual(valuesOf("Muon.sum().px", "number"), [70, 0]);
  assert.deepEqual(valuesOf("Muon.sum(m => m).pt - Muon.filter(m => m.pt > 5).sum().pt", "number"), [10, 0]);
  assert.deepEqual(valuesOf("(Muon.sum() + Muon[0]).px", "number"), [90, undefined]);
});

const jet = (pt: number, parts: readonly { readonly z: number }[] | null) => ({ pt, parts });
const withNulls = [
  { entry: 0, x: 1, Jet: null, hits: [1, null] },
  { entry: 1, x: 2, Jet: [], hits: null },
  { entry: 2, x: 3, Jet: [jet(30, null), jet(40, []), jet(50, [{ z: 1 }])], hits: [] },
];
const nullLists = makeDataset(withNulls);
const inNulls = (text: string) => valuesIn(nullLists, text, { kind: "number", lengths: [1, 1, 1] });

test("a list that is null in the file is empty, and missing where '?.' or '??' asks", () => {
  assert.deepEqual(inNulls("Jet.length"), [0, 0, 3]);
  assert.deepEqual(inNulls("Jet?.length"), [undefined, 0, 3]);
  assert.deepEqual(inNulls("Jet?.length ?? -1"), [-1, 0, 3]);
  assert.deepEqual(inNulls("Jet?.sum(j => j.pt) ?? -1"), [-1, 0, 120]);
  assert.deepEqual(inNulls("Jet?.filter(j => j.pt > 30).map(j => j.pt).length"), [undefined, 0, 2]);
  assert.deepEqual(inNulls("Jet.filter(j => j.pt > 30)?.length"), [undefined, 0, 2]);
  assert.deepEqual(inNulls("Jet?.[0].pt ?? -1"), [-1, -1, 30]);
  assert.deepEqual(inNulls("hits?.some(h => h == 1) ? 1 : 0"), [1, 0, 0]);
  assert.deepEqual(inNulls("(hits ?? Jet.pt).length"), [2, 0, 0]);
  assert.deepEqual(inNulls("(Jet.pt ?? hits.map(h => 7)).sum()"), [14, 0, 120]);
  assert.deepEqual(inNulls("hits.concat(Jet.pt)?.length"), [undefined, undefined, 3]);
  assert.deepEqual(inNulls("(x > 1 ? hits : Jet.pt)?.length"), [undefined, undefined, 0]);
  assert.deepEqual(inNulls("Jet.sum(j => j.parts?.length ?? 100)"), [0, 0, 101]);
  assert.deepEqual(inNulls("Jet.map(j => j.parts).filter(p => (p?.length ?? -1) < 0).length"), [0, 0, 1]);
  assert.deepEqual(inNulls("Jet.map(j => j.parts)[0]?.length ?? -1"), [-1, -1, -1]);
  const filled = { kind: "numbers", lengths: [0, 0, 3] } as const;
  // Event 0 has hits, but no list that these were put together with.
  for (const text of ["Jet.pt", "Jet?.pt", "hits.concat(Jet.pt)?.slice(0, 9)", "hits.concat(Jet.pt.concat(hits)).slice(0)?.map(h => h)"])
    assert.deepEqual(valuesIn(nullLists, text, filled), [[], [], [30, 40, 50]], text);
});

test("whether lists may be null changes the programs that ask and no other, and only these read of which lists are", async () => {
  const allThere = makeDataset([
    { ...withNulls[2]!, hits: [1] },
    { entry: 1, x: 0, Jet: [jet(1, [{ z: 2 }])], hits: [2, 3] },
  ]);
  const programOf = (value: string, { schema }: InMemoryDataset) =>
    prepareQuery({ histograms: { h: { axes: [{ type: "regular", bins: 4, lower: 0, upper: 4, value }] } } }, schema).planned.program;
  const presences = (value: string, dataset: InMemoryDataset) =>
    programOf(value, dataset).inputs.flatMap((input) => (input.kind === "values" && input.tellsOf !== undefined ? [input.tellsOf] : []));
  for (const [value, asked] of [
    ["Jet?.length", ["Jet"]],
    ["Jet?.length ?? hits.length", ["Jet"]],
    ["Jet.sum(j => j.parts?.length)", ["Jet", "Jet.parts"]],
    ["Jet.filter(j => j.parts.length > 0).length", []],
    ["hits", []],
  ] as const) {
    assert.deepEqual([...presences(value, nullLists)].sort(), asked, value);
    const notNull = { ...allThere, schema: { columns: nullLists.schema.columns, unsupported: [] } };
    assert.deepEqual(presences(value, notNull), []);
    const isSame = (await programKey(programOf(value, notNull))) === (await programKey(programOf(value, nullLists)));
    assert.equal(isSame, asked.length === 0, value);
  }
  const { schema } = makeDataset([
    { entry: 0, Jet: [{ pt: 1 }] },
    { entry: 1, Jet: [] },
  ]);
  assert.equal(schema.nullableLists, undefined);
  const never = makeDataset([
    { entry: 0, Jet: [{ pt: 1 }] },
    { entry: 1, Jet: [] },
  ]);
  assert.deepEqual(valuesIn(never, "Jet?.length ?? -1", { kind: "number", lengths: [1, 1] }), [1, 0]);
  assert.deepEqual(valuesIn(never, "(Jet ?? Jet.concat(Jet)).length", { kind: "number", lengths: [1, 1] }), [1, 0]);
});

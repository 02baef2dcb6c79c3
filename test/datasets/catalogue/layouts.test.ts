/** The same events in every layout that is one schema: each query means the same in all. The ROOT files are `make-layouts.py`'s, by uproot. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { roundTotal } from "../../../engine/histogram/total.ts";
import { queryFiles } from "../../support/query-files.ts";
import { writeParquet } from "../../support/write-parquet.ts";
import { makeDirectory } from "../read-for-test.ts";

const file = (name: string) => fileURLToPath(new URL(`files/${name}`, import.meta.url));
const many = <Value>(length: number, make: (index: number) => Value): readonly Value[] => Array.from({ length }, (_, index) => make(index));

/** By the formulas of `make-layouts.py`. */
const events = many(60, (i) => ({
  met: ((i * 17) % 120) + 0.25,
  Muon: many((i * 7) % 4, (k) => ({
    pt: ((i * 13 + k * 29) % 97) + 0.5,
    eta: ((i * 5 + k * 11) % 41) / 8 - 2.5,
    phi: ((i * 3 + k * 17) % 25) / 4 - 3,
    mass: 0.125,
    charge: (i + k) % 2 ? 1 : -1,
    jetIdx: ((i + k) % 3) - 1,
  })),
  Jet: many(((i * 5) % 3) + 1, (k) => ({ pt: ((i * 31 + k * 7) % 83) + 20.25 })),
  weights: many(3, (k) => ((i + k) % 5) / 4),
}));

type Muon = (typeof events)[number]["Muon"][number];
const types = { pt: "FLOAT", eta: "FLOAT", phi: "FLOAT", mass: "FLOAT", charge: "INT32", jetIdx: "INT32" } as const;
const fields = Object.keys(types) as (keyof Muon)[];

async function writeLayouts(t: TestContext) {
  const directory = await makeDirectory(t);
  const all = (kind: Parameters<typeof writeParquet>[1][string]["kind"], of: (event: (typeof events)[number]) => unknown) => ({
    kind,
    cells: events.map(of),
  });
  const rest = { MET_pt: all("FLOAT", ({ met }) => met), LHEWeight: all({ list: "FLOAT" }, ({ weights }) => weights) };
  const lists = Object.fromEntries(
    fields.map((field) => [`Muon_${field}`, all({ list: types[field] }, ({ Muon }) => Muon.map((muon) => muon[field]))]),
  );
  await writeParquet(join(directory, "lists.parquet"), {
    ...lists,
    Jet_pt: all({ list: "FLOAT" }, ({ Jet }) => Jet.map(({ pt }) => pt)),
    ...rest,
  });
  await writeParquet(join(directory, "structs.parquet"), {
    Muon: all({ list: { fields: types } }, ({ Muon }) => Muon),
    Jet: all({ list: { fields: { pt: "FLOAT" } } }, ({ Jet }) => Jet),
    MET: all({ fields: { pt: "FLOAT" } }, ({ met }) => ({ pt: met })),
    LHEWeight: rest.LHEWeight,
  });
  return [
    join(directory, "lists.parquet"),
    join(directory, "structs.parquet"),
    file("counted.root"),
    file("dotted.root"),
    file("ntuple.root"),
  ];
}

const axis = (value: string) => ({ axes: [{ type: "integer", lower: 0, upper: 120, value }] });

const query = {
  filter: "MET.pt < 100",
  histograms: {
    pt: axis("Muon.filter(m => abs(m.eta) < 2).pt"),
    mass: axis("Muon.pairs().filter((a, b) => a.charge != b.charge).map((a, b) => (a + b).mass)"),
    jet: axis("Muon.map(m => Jet[m.jetIdx].pt)"),
    weights: { axes: [{ type: "integer", lower: 0, upper: 3, value: "LHEWeight.map((w, i) => i)" }], weight: "LHEWeight" },
  },
  totals: { met: "MET.pt", muons: "Muon.length" },
};

test("the same events as lists, structs, counted branches, branches with points and an RNTuple give the same answers", async (t) => {
  const cells = (values: readonly number[]) => {
    const counts = new Array<number>(122).fill(0);
    for (const value of values) counts[Math.min(Math.floor(value), 120) + 1]!++;
    return counts;
  };
  const selected = events.filter(({ met }) => met < 100);
  const muons = selected.flatMap(({ Muon }) => Muon);
  const jets = selected.flatMap(({ Muon, Jet }) => Muon.flatMap(({ jetIdx }) => Jet[jetIdx]?.pt ?? []));
  const weights = [0, 1, 2].map((k) => selected.reduce((sum, event) => sum + event.weights[k]!, 0));
  const masses: (readonly number[])[] = [];
  for (const path of await writeLayouts(t)) {
    const { histogram, failures, totals } = await queryFiles(path, query);
    const valuesOf = (name: string) => [...histogram(name).contents.values];
    assert.deepEqual(failures, [], path);
    assert.deepEqual(valuesOf("pt"), cells(muons.filter(({ eta }) => Math.abs(eta) < 2).map(({ pt }) => pt)), path);
    assert.deepEqual(valuesOf("jet"), cells(jets), path);
    assert.deepEqual(valuesOf("weights").slice(1, 4), weights, path);
    const expected = [events.flatMap(({ Muon }) => Muon).length, events.reduce((sum, { met }) => sum + met, 0)];
    assert.deepEqual(
      totals!.map(({ sum }) => roundTotal(sum)).toSorted((a, b) => a - b),
      expected,
      path,
    );
    masses.push(valuesOf("mass"));
  }
  assert.ok(masses[0]!.some((count) => count > 3));
  for (const each of masses) assert.deepEqual(each, masses[0]);
});

test("a tree of sums is a dataset of its own, and its sums are exact", async () => {
  const path = file("counted.root");
  const { dataset, totals } = await queryFiles(`${path}:Runs`, { histograms: { run: axis("run") }, totals: { sumw: "genEventSumw" } });
  assert.equal(dataset.entries, 3);
  assert.deepEqual(
    totals!.map(({ sum }) => roundTotal(sum)),
    [1],
    "1e16 + 1 - 1e16",
  );
  const both = await Promise.all(
    [path, `${path}:Events`, `${path}:Runs`].map(async (each) => (await queryFiles(each, { histograms: {}, totals: { n: "1" } })).dataset),
  );
  assert.deepEqual(
    both.map(({ entries }) => entries),
    [60, 60, 3],
  );
  assert.equal(new Set(both.flatMap(({ partitions }) => partitions.map(({ fingerprint }) => fingerprint))).size, 3);
});

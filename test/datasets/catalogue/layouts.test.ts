/** The same events in every layout that is one schema: each query means the same in all. The ROOT files are `make-layouts.py`'s, by uproot. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspectFiles } from "../../../datasets/inspect/inspect-files.ts";
import { makeTarget } from "../../../datasets/make-target.ts";
import { readColumns } from "../../../datasets/read-column.ts";
import { roundTotal } from "../../../engine/histogram/total.ts";
import { queryFiles } from "../../support/query-files.ts";
import { codecFiles, events, file, writeLayouts } from "./layout-files.ts";

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

test("what query 5 of the benchmark needs of a ROOT file is read, and nothing else but its metadata", async () => {
  for (const path of [...codecFiles, file("counted.root"), file("ntuple.root")]) {
    const { dataset, partitions, columns } = await inspectFiles(path);
    const names = ["MET_pt", ...["pt", "eta", "phi", "mass", "charge"].map((field) => `Muon_${field}`)].map((name) =>
      columns.some((column) => column.name === name) ? name : name.replace("_", "."),
    );
    const wanted = await Promise.all(
      names.map(async (name) => {
        const location = await dataset.locate(partitions[0]!, name);
        return { location, target: makeTarget(location) };
      }),
    );
    const read = await readColumns(wanted);
    const bytes = read.reduce((sum, outcome) => sum + (outcome.status === "fulfilled" ? outcome.value.cost.bytes : Number.NaN), 0);
    const stored = columns.filter(({ name }) => names.includes(name)).reduce((sum, column) => sum + column.stored!.bytes, 0);
    assert.ok(bytes > 0 && bytes <= stored * 1.05, `${path}: ${bytes} bytes were read of columns that have ${stored}`);
  }
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

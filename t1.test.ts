import assert from "node:assert/strict";
import { test } from "node:test";
import { makeDataset } from "./test/support/engine/in-memory-dataset.ts";
import { prepareReaders, readValues } from "./test/support/engine/read-values.ts";
import { runPrepared } from "./test/support/engine/run-query.ts";
const muon = (pt: number, jet: number) => ({ pt, eta: pt / 10, phi: 0, jet });
const dataset = makeDataset([{ entry: 0, Muon: [muon(5, 1), muon(20, -1), muon(10, 0), muon(40, 7)], Jet: [{ pt: 30 }, { pt: 50 }], numbers: [4, 8, 15, 16, 23, 42] }]);
function listOf(text: string, length: number, define: any = {}) {
  const reader = { kind: "numbers", text } as const;
  const prepared = prepareReaders([reader], dataset, { defines: define });
  return readValues(runPrepared(prepared, dataset), prepared, reader, { index: 0, lengths: [length] })[0];
}
test("concat", () => {
  assert.deepEqual(listOf("numbers.filter(n => n < 10).concat(numbers.filter(n => n > 20)).map((n, i) => n + i / 8)", 4), [4, 8.125, 23.25, 42.375]);
  assert.deepEqual(listOf("Muon.concat(Jet).pt", 6), [5, 20, 10, 40, 30, 50]);
  assert.deepEqual(listOf("Muon.concat(Jet).filter(l => l.pt > 10).pairs().map((a, b) => a.pt + b.pt)", 6), [60, 50, 70, 70, 90, 80]);
  const define = { L: "Muon.map(m => ({ ...m, flavour: 13 })).concat(Jet.map(j => ({ ...j, flavour: 11 })))", best: "L.pairs().filter((a, b) => a.flavour != b.flavour).minBy((a, b) => abs(a.pt + b.pt - 61))" };
  assert.deepEqual(listOf("L.map(l => l.pt * 100 + l.flavour)", 6, define), [513, 2013, 1013, 4013, 3011, 5011]);
  assert.deepEqual(listOf("L.filter(l => l != best[0] && l != best[1]).pt", 4, define), [5, 20, 40, 30]);
  assert.deepEqual(listOf("Muon.concat(Jet).concat(Muon).filter(l => Muon.some(m => m == l)).pt", 8), [5, 20, 10, 40, 5, 20, 10, 40]);
});
test("x", () => {
  assert.deepEqual(listOf("Muon.map(m => ({ ...m, pt: m.pt * 2, k: 7 })).map(r => r.pt + r.k + r.eta)", 4), [17.5, 49, 28, 91]);
  const define = { A: "Muon.map(m => ({ ...m, k: 7 }))" };
  assert.deepEqual(listOf("A.filter(a => a != A.maxBy(o => o.pt)).pt", 3, define), [5, 20, 10]);
  assert.deepEqual(listOf("A.filter(a => a != (A[0].pt > 4 ? A[0] : A[1])).pt", 3, define), [20, 10, 40]);
  assert.deepEqual(listOf("A.filter(a => Muon.some(m => m == (a.pt > 7 ? Muon[0] : Muon[1]))).pt", 4, define), [5, 20, 10, 40]);
  assert.deepEqual(listOf("Muon.map(m => ({ x: m.pt, y: { z: m.eta } })).map(r => r.y.z * 10 + r.x)", 4), [10, 40, 20, 80]);
});

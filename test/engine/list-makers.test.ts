/** Tests operators that make lists from others, and records that expressions make: what they contain, in which order, and by what they are compared. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { listOf } from "./muon-lists.ts";

test("concat puts one list after the other, and its elements stay what they are", () => {
  assert.deepEqual(
    listOf("numbers.filter(n => n < 10).concat(numbers.filter(n => n > 20)).map((n, i) => n + i / 8)", 4),
    [4, 8.125, 23.25, 42.375],
  );
  assert.deepEqual(listOf("Muon.concat(Jet).pt", 6), [5, 20, 10, 40, 30, 50]);
  assert.deepEqual(listOf("Muon.concat(Jet).filter(l => l.pt > 10).pairs().map((a, b) => a.pt + b.pt)", 6), [60, 50, 70, 70, 90, 80]);
  const define = {
    L: "Muon.map(m => ({ ...m, flavour: 13 })).concat(Jet.map(j => ({ ...j, flavour: 11 })))",
    best: "L.pairs().filter((a, b) => a.flavour != b.flavour).minBy((a, b) => abs(a.pt + b.pt - 61))",
  };
  assert.deepEqual(listOf("L.map(l => l.pt * 100 + l.flavour)", 6, define), [513, 2013, 1013, 4013, 3011, 5011]);
  assert.deepEqual(listOf("L.filter(l => l != best[0] && l != best[1]).pt", 4, define), [5, 20, 40, 30]);
  assert.deepEqual(listOf("Muon.concat(Jet).concat(Muon).filter(l => Muon.some(m => m == l)).pt", 8), [5, 20, 10, 40, 5, 20, 10, 40]);
});
test("elements of lists that were put together are mapped before tuples are made of them", () => {
  const sumOfPairs = (list: string) => listOf(`Jet.slice(1).map(j => ${list}.pairs().map((a, b) => cbrt(a.pt) * cbrt(b.pt)).sum())`, 1);
  assert.deepEqual(
    sumOfPairs("Muon.concat(Jet).map(l => ({ ...l, pt: 8 * l.pt }))"),
    sumOfPairs("Muon.map(l => ({ ...l, pt: 8 * l.pt })).concat(Jet.map(l => ({ ...l, pt: 8 * l.pt })))"),
  );
  assert.deepEqual(sumOfPairs("(entry < 1 ? Muon : Muon.slice(1)).map(m => ({ pt: m.pt, x: 1 }))"), sumOfPairs("Muon"));
});
test("slice takes places as JavaScript does, and flatMap one list after the other", () => {
  for (const args of ["", "1", "-2", "1, 3", "1, -1", "-3, -1", "4, 2", "-100", "100", "0, 100", "-100, 2", "1.7, 4.9", "0 / 0, 2"]) {
    const ends = args.split(",").filter((each) => each !== "");
    const expected = [4, 8, 15, 16, 23, 42].slice(...ends.map((each) => (each.includes("/") ? Number.NaN : Number(each))));
    assert.deepEqual(
      listOf(`numbers.slice(${args}).map((n, i) => n * 10 + i)`, expected.length),
      expected.map((n, i) => n * 10 + i),
      args,
    );
  }
  assert.deepEqual(listOf("numbers.filter(n => n > 8).slice(1, 3)", 2), [16, 23]);
  assert.deepEqual(listOf("numbers.slice(1).slice(1).pairs().slice(2, 4).map((a, b) => a + b)", 2), [57, 39]);
  assert.deepEqual(listOf("Muon.flatMap(m => numbers.filter(n => n > m.pt))", 12), [8, 15, 16, 23, 42, 23, 42, 15, 16, 23, 42, 42]);
  assert.deepEqual(
    listOf("Muon.flatMap(m => Jet.filter(j => j.pt > 2 * m.pt).map(j => j.pt + m.pt)).map((x, i) => x * 10 + i)", 5),
    [350, 551, 702, 403, 604],
  );
  assert.deepEqual(
    listOf("Muon.flatMap(m => Jet.filter(j => j.pt > 2 * m.pt)).pairs().map((a, b) => a.pt + b.pt).filter(x => x > 60)", 9),
    [80, 80, 80, 100, 80, 100, 80, 100, 80],
  );
  assert.deepEqual(listOf("Muon.pairs().flatMap((a, b) => numbers.slice(0, 1).concat(numbers.slice(5))).slice(3, 5)", 2), [42, 4]);
});
test("a record literal has what was spread but for what it has itself, and is told from others by the element it is over", () => {
  assert.deepEqual(listOf("Muon.map(m => ({ ...m, pt: m.pt * 2, k: 7 })).map(r => r.pt + r.k + r.eta)", 4), [17.5, 49, 28, 91]);
  const define = { A: "Muon.map(m => ({ ...m, k: 7 }))" };
  assert.deepEqual(listOf("A.filter(a => a != A.maxBy(o => o.pt)).pt", 3, define), [5, 20, 10]);
  assert.deepEqual(listOf("A.filter(a => a != (A[0].pt > 4 ? A[0] : A[1])).pt", 3, define), [20, 10, 40]);
  assert.deepEqual(listOf("A.filter(a => Muon.some(m => m == (a.pt > 7 ? Muon[0] : Muon[1]))).pt", 4, define), [5, 20, 10, 40]);
  assert.deepEqual(listOf("Muon.map(m => ({ x: m.pt, y: { z: m.eta } })).map(r => r.y.z * 10 + r.x)", 4), [10, 40, 20, 80]);
});

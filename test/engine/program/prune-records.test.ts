/** Programs leave out fields of records that nothing reads. Their results must stay the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeDataset } from "../../support/engine/in-memory-dataset.ts";
import { runQuery } from "../../support/engine/run-query.ts";

const dataset = makeDataset([
  {
    met: 1,
    Muon: [
      { pt: 5, eta: 1 },
      { pt: 7, eta: 2 },
    ],
    Jet: [{ pt: 50, eta: 3 }],
  },
  { met: 2, Muon: [], Jet: [] },
]);

/** The sum of a value over all events. */
function sumOf(value: string, define: object = {}): number {
  const { histogram } = runQuery({ define, histograms: { sum: { axes: [], weight: value } } }, dataset);
  return histogram("sum").contents.values[0]!;
}

test("records that differ only in fields that nothing reads stay different ones where they are compared", () => {
  const define = {
    one: "Muon.map(m => ({ pt: m.pt, flavour: 1 }))",
    two: "Muon.map(m => ({ pt: m.pt, flavour: 2 }))",
    both: "one.concat(two)",
  };
  assert.equal(sumOf("both.pairs().count((a, b) => a == b)", define), 0);
  assert.equal(sumOf("both.pairs().count((a, b) => a.pt == b.pt)", define), 2);
  assert.equal(sumOf("both.concat(one).pairs().count((a, b) => a == b)", define), 2);
});

test("totals that differ only in fields that nothing reads are each what they are", () => {
  const totals = { a: "Muon.map(m => ({ ...m, x: 1 })).sum(m => m.pt)", b: "Muon.map(m => ({ ...m, x: 2 })).sum(m => m.pt)" };
  const { totals: sums } = runQuery({ totals, histograms: { sum: { axes: [] } } }, dataset);
  assert.deepEqual(
    sums!.map(({ sum }) => Number(sum >> 1074n)),
    [12, 12],
  );
});

test("records of which no field is read are still there", () => {
  assert.equal(sumOf("Muon.map(m => ({ ...m, x: met })).length"), 2);
  assert.equal(sumOf("(met > 1 ? Muon[0] : Jet[0]) == Jet[0] ? 1 : 0"), 1);
  assert.equal(sumOf("Muon.concat(Jet).pairs().length"), 3);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { renderCsv } from "../../../functions/render/csv.ts";
import { counts, regularAxis, twoAxes, variableAxis, weighted } from "../../support/engine/sample-histograms.ts";

test("renderCsv writes a row a bin with its edges, flow bins first and last", () => {
  assert.equal(
    renderCsv(counts(variableAxis([0, 0.5, 2]), [3, 1, 4, 1])),
    "lower,upper,value,variance\n-inf,0,3,3\n0,0.5,1,1\n0.5,2,4,4\n2,inf,1,1\n",
  );
});

test("renderCsv writes variances of weighted storage in full precision", () => {
  const rows = renderCsv(weighted(regularAxis(1, -1, 1), [0, 0.1 + 0.2, 0], [0, 1e-17, 0])).split("\n");
  assert.equal(rows[2], "-1,1,0.30000000000000004,1e-17");
});

test("renderCsv writes all bins of two axes, the second fastest", () => {
  const rows = renderCsv(twoAxes).trimEnd().split("\n");
  assert.equal(rows[0], "lower0,upper0,lower1,upper1,value,variance");
  assert.equal(rows.length, 1 + 4 * 5);
  assert.equal(rows[1], "-inf,0,-inf,1,10,10");
  assert.equal(rows[1 + 5 + 2], "0,10,2,4,2,2");
});

test("renderCsv leaves out flow bins that an axis has not", () => {
  const axis = { ...regularAxis(1, 0, 1), underflow: false, overflow: false };
  assert.equal(renderCsv(counts(axis, [7])), "lower,upper,value,variance\n0,1,7,7\n");
});

test("renderCsv writes sums that left the range of float64 as infinite", () => {
  const rows = renderCsv(weighted(regularAxis(1, -1, 1), [0, -Number.MAX_VALUE, 0], [0, Number.MAX_VALUE, 0])).split("\n");
  assert.equal(rows[2], "-1,1,-inf,inf");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Nested, UhiAxis } from "../../../engine/histogram/uhi.ts";
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

test("renderCsv writes one row for a histogram without axes, and all bins of three axes", () => {
  const axis = { ...regularAxis(2, 0, 1), underflow: false, overflow: false } as UhiAxis;
  const of = (axes: readonly UhiAxis[], values: Nested) => renderCsv({ uhi_schema: 1, axes, storage: { type: "int", values } });
  assert.equal(of([], 7), "value,variance\n7,7\n");
  const rows = of(
    [axis, axis, axis],
    [
      [
        [1, 2],
        [3, 4],
      ],
      [
        [5, 6],
        [7, 8],
      ],
    ],
  ).split("\n");
  assert.equal(rows[1 + 4], "0.5,1,0,0.5,0,0.5,5,5");
  assert.equal(rows.length, 1 + 8 + 1);
});

test("renderCsv names categories, and the flow cell of a circular axis", () => {
  const of = (axis: UhiAxis, values: readonly number[]) => renderCsv(counts(axis, values)).trimEnd().split("\n");
  assert.deepEqual(of({ type: "category_int", categories: [13, -11], flow: true }, [1, 2, 3]), [
    "category,value,variance",
    "13,1,1",
    "-11,2,2",
    "other,3,3",
  ]);
  const strings = { type: "category_str", categories: ["", "other"], flow: true } as const;
  assert.deepEqual(of(strings, [1, 2, 3]).slice(1), [",1,1", "other,2,2", "_other,3,3"]);
  assert.deepEqual(of({ type: "category_str", categories: ['a "b"', "c"], flow: false }, [1, 2]).slice(1), ['"a ""b""",1,1', "c,2,2"]);
  assert.deepEqual(of({ type: "boolean" }, [4, 5]).slice(1), ["false,4,4", "true,5,5"]);
  const circular = { type: "regular", bins: 1, lower: 0, upper: 6, underflow: false, overflow: true, circular: true } as const;
  assert.deepEqual(of(circular, [4, 5]).slice(1), ["0,6,4,4", "nan,nan,5,5"]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { writeUhi } from "../../../engine/histogram/write-uhi.ts";

const regular = { type: "regular", bins: 2, lower: 0, upper: 1 } as const;
const variable = { type: "variable", edges: [0, 1, 10] } as const;

test("writeUhi writes counts densely with flow bins, and what the axes are", () => {
  const content = {
    storage: "count",
    fills: 7,
    nonFinite: 0,
    cells: 4,
    filled: Float64Array.of(1, 3),
    contents: { values: Float64Array.of(5, 2) },
  } as const;
  const written = writeUhi(content, [regular], { label: "masses", axes: ["m [GeV]"] });
  assert.deepEqual(written.storage, { type: "int", values: [0, 5, 0, 2] });
  assert.deepEqual(written.axes, [
    { type: "regular", lower: 0, upper: 1, bins: 2, underflow: true, overflow: true, circular: false, metadata: { label: "m [GeV]" } },
  ]);
  assert.equal(written.uhi_schema, 1);
  assert.deepEqual(written.metadata, { entries: 7, label: "masses" });
});

test("writeUhi nests two axes, axis 0 outermost, and tells how many weights were not finite", () => {
  const values = Float64Array.from({ length: 16 }, (_, cell) => cell);
  const content = {
    storage: "weighted",
    fills: 16,
    nonFinite: 3,
    cells: 16,
    contents: { values, variances: values.map((value) => value * value) },
  } as const;
  const { storage, metadata, axes } = writeUhi(content, [regular, variable], { axes: [undefined, undefined] });
  assert.deepEqual(storage.values, [
    [0, 1, 2, 3],
    [4, 5, 6, 7],
    [8, 9, 10, 11],
    [12, 13, 14, 15],
  ]);
  assert.deepEqual((storage as unknown as Readonly<Record<string, readonly unknown[]>>).variances[3], [144, 169, 196, 225]);
  assert.deepEqual(metadata, { entries: 16, non_finite_weights: 3 });
  assert.deepEqual(axes[1], { type: "variable", edges: [0, 1, 10], underflow: true, overflow: true, circular: false });
});

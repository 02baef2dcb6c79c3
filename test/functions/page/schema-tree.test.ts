import assert from "node:assert/strict";
import { test } from "node:test";
import type { Column } from "../../../engine/program/schema.ts";
import { filterTree, schemaTree } from "../../../functions/page/browser/datasets/schema-tree.js";

const columns: readonly Column[] = [
  { name: "nMuon", dtype: "int32", nullable: false, lists: [] },
  { name: "Muon_pt", dtype: "float32", nullable: false, lists: ["Muon"], member: { record: "Muon", field: "pt" } },
  { name: "MET_pt", dtype: "float32", nullable: true, lists: [], member: { record: "MET", field: "pt" } },
  { name: "Muon_charge", dtype: "int32", nullable: false, lists: ["Muon"], member: { record: "Muon", field: "charge" } },
  { name: "weights", dtype: "float64", nullable: false, lists: ["weights"] },
  { name: "odd-'name", dtype: "bool", nullable: false, lists: [] },
];

test("schemaTree groups fields under their record or collection, then the columns that stand alone", () => {
  const shape = schemaTree(columns).map(({ label, note, children }) => [
    label,
    note,
    children.map((child) => `${child.label}: ${child.note}`),
  ]);
  assert.deepEqual(shape, [
    ["Muon", "list of 2 fields", ["pt: float32", "charge: int32"]],
    ["MET", "1 field", ["pt: float32, may be missing"]],
    ["nMuon", "int32", []],
    ["weights", "list of float64", []],
    ["odd-'name", "bool", []],
  ]);
});

test("schemaTree tells how an expression names each column", () => {
  const names = schemaTree(columns).flatMap(({ insert, children }) => [insert, ...children.map((child) => child.insert)]);
  assert.deepEqual(names, ["Muon", "Muon.pt", "Muon.charge", "MET", "MET.pt", "nMuon", "weights", "col('odd-\\'name')"]);
});

test("filterTree keeps what matches: a group with all its fields, or only the fields that match", () => {
  const shape = (filter: string) => filterTree(schemaTree(columns), filter).map(({ label, children }) => [label, children.length]);
  assert.deepEqual(shape("PT"), [
    ["Muon", 1],
    ["MET", 1],
  ]);
  assert.deepEqual(shape("muon"), [
    ["Muon", 2],
    ["nMuon", 0],
  ]);
  assert.deepEqual(shape("muon.ch"), [["Muon", 1]]);
  assert.deepEqual(shape("nothing"), []);
  assert.equal(shape(" ").length, 5);
});

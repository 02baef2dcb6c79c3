/** A schema with every kind of column, for tests that run nothing. */
import type { Column, DType, Schema } from "../../../engine/program/schema.ts";

const element = (record: string, field: string, dtype: DType = "float32", nullable = false): Column => ({
  name: `${record}_${field}`,
  dtype,
  nullable,
  collection: record,
  member: { record, field },
});
const member = (record: string, field: string): Column => ({
  name: `${record}_${field}`,
  dtype: "float32",
  nullable: false,
  member: { record, field },
});
const polar = (record: string): Column[] => ["pt", "eta", "phi", "mass"].map((field) => element(record, field));

export const muonSchema: Schema = {
  columns: [
    ...polar("Muon"),
    element("Muon", "charge", "int32"),
    element("Muon", "tight", "bool"),
    ...polar("Jet"),
    element("Jet", "btag", "float32", true),
    member("MET", "pt"),
    member("MET", "phi"),
    { name: "hits", dtype: "float64", nullable: false, collection: "hits" },
    { name: "genWeight", dtype: "float32", nullable: false },
    { name: "HLT_IsoMu24", dtype: "bool", nullable: false },
    { name: "odd-name", dtype: "int32", nullable: false },
    { name: "maybe", dtype: "float64", nullable: true },
  ],
  unsupported: [{ name: "title", reason: "strings are not available in this version" }],
};

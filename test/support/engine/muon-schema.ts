/** A schema with every kind of column, for tests that run nothing. */
import type { Column, DType, Schema } from "../../../engine/program/schema.ts";

const element = (record: string, field: string, dtype: DType = "float32", nullable = false): Column => ({
  name: `${record}_${field}`,
  dtype,
  nullable,
  lists: [record],
  member: { record, field },
});
const member = (record: string, field: string): Column => ({
  name: `${record}_${field}`,
  dtype: "float32",
  nullable: false,
  lists: [],
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
    { name: "hits", dtype: "float64", nullable: false, lists: ["hits"] },
    { name: "genWeight", dtype: "float32", nullable: false, lists: [] },
    { name: "HLT_IsoMu24", dtype: "bool", nullable: false, lists: [] },
    { name: "odd-name", dtype: "int32", nullable: false, lists: [] },
    { name: "channel", dtype: "string", nullable: false, lists: [] },
    { name: "maybe", dtype: "float64", nullable: true, lists: [] },
  ],
  unsupported: [{ name: "title", reason: "holds JSON text, which is not supported" }],
};

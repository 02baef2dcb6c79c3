import assert from "node:assert/strict";
import { test } from "node:test";
import { type Groupable, groupColumns } from "../../../datasets/catalogue/group-columns.ts";

interface Item extends Groupable {
  readonly lengths: number;
}

const list = (name: string, lengths = 0): Item => ({ name, parts: name.split("."), lists: [name.split(".").length], lengths });
const scalar = (name: string): Item => ({ name, parts: name.split("."), lists: [], lengths: 0 });
const field = (name: string, listParts: number): Item => ({ name, parts: name.split("."), lists: [listParts], lengths: 0 });

/** Writes each column as `name: collection record.field`, with – for absent parts. */
function group(...columns: Item[]): string[] {
  const memberships = groupColumns(columns, (a, b) => a.lengths === b.lengths);
  return columns.map(({ name }) => {
    const { lists, member } = memberships.get(name)!;
    return `${name}: ${lists[0] ?? "–"} ${member ? `${member.record}|${member.field}` : "–"}`;
  });
}

test("groupColumns makes a collection of list columns that share the prefix before the first underscore", () => {
  assert.deepEqual(group(list("Muon_pt"), list("Muon_pfRelIso03_all"), scalar("nMuon"), list("Jet_pt")), [
    "Muon_pt: Muon Muon|pt",
    "Muon_pfRelIso03_all: Muon Muon|pfRelIso03_all",
    "nMuon: – –",
    "Jet_pt: Jet Jet|pt",
  ]);
});

test("groupColumns parts a prefix whose lengths disagree by the longest common prefixes of those that agree", () => {
  const columns = [list("Jet_pt", 1), list("Jet_eta", 1), list("Jet_cells_e", 2), list("Jet_cells_eta", 2), list("Jet_tracks_hits_x", 3)];
  assert.deepEqual(group(...columns), [
    "Jet_pt: Jet Jet|pt",
    "Jet_eta: Jet Jet|eta",
    "Jet_cells_e: Jet_cells Jet_cells|e",
    "Jet_cells_eta: Jet_cells Jet_cells|eta",
    "Jet_tracks_hits_x: Jet_tracks_hits Jet_tracks_hits|x",
  ]);
});

test("groupColumns gives a contested prefix to the larger group and leaves the others on their own", () => {
  assert.deepEqual(group(list("A_x", 1), list("A_y", 2), list("A_z", 2)), ["A_x: A_x –", "A_y: A A|y", "A_z: A A|z"]);
});

test("groupColumns takes structs as the file has them, nested ones by joined names", () => {
  assert.deepEqual(group(field("Muon.pt", 1), field("Muon.p4.mass", 1), scalar("MET.pt"), scalar("MET.cov.xx")), [
    "Muon.pt: Muon Muon|pt",
    "Muon.p4.mass: Muon Muon|p4_mass",
    "MET.pt: – MET|pt",
    "MET.cov.xx: – MET|cov_xx",
  ]);
});

test("groupColumns makes a collection of the lists in a struct", () => {
  assert.deepEqual(group(list("muon.pt"), list("muon.eta"), scalar("muon.n")), [
    "muon.pt: muon muon|pt",
    "muon.eta: muon muon|eta",
    "muon.n: – –",
  ]);
});

test("groupColumns makes records of single values likewise", () => {
  assert.deepEqual(group(scalar("MET_pt"), scalar("HLT_IsoMu24_eta2p1"), scalar("event"), scalar("_x"), scalar("y_")), [
    "MET_pt: – MET|pt",
    "HLT_IsoMu24_eta2p1: – HLT|IsoMu24_eta2p1",
    "event: – –",
    "_x: – –",
    "y_: – –",
  ]);
});

test("groupColumns lets a column keep its name against a prefix", () => {
  assert.deepEqual(group(scalar("run"), scalar("run_number")), ["run: – –", "run_number: – –"]);
  assert.deepEqual(group(list("Jet"), list("Jet_pt")), ["Jet: Jet –", "Jet_pt: Jet_pt –"]);
});

test("groupColumns lets lists of structs go before prefixes, and lists before single values", () => {
  assert.deepEqual(group(field("Muon.pt", 1), list("Muon_pt")), ["Muon.pt: Muon Muon|pt", "Muon_pt: Muon_pt –"]);
  assert.deepEqual(group(list("PV_x"), scalar("PV_npvs")), ["PV_x: PV PV|x", "PV_npvs: – –"]);
});

test("groupColumns treats names of JavaScript's own objects as names", () => {
  assert.deepEqual(group(list("constructor_pt"), list("__proto__"), scalar("toString")), [
    "constructor_pt: constructor constructor|pt",
    "__proto__: __proto__ –",
    "toString: – –",
  ]);
});

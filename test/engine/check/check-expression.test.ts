import assert from "node:assert/strict";
import { test } from "node:test";
import type { Schema } from "../../../engine/program/schema.ts";
import { muonSchema } from "../../support/engine/muon-schema.ts";
import { describeIssue, findIssues, histogramOf } from "../../support/find-issues.ts";

/** The first fault of an axis's value: place, message, near names. */
function faultOf(value: string): string {
  const [issue] = findIssues({ histograms: { h: histogramOf(value) } }, muonSchema);
  return issue ? describeIssue(issue).replace("/histograms/h/axes/0/value ", "") : "none";
}

const faults: Readonly<Record<string, readonly (readonly [value: string, fault: RegExp])[]>> = {
  "names what is not known, where, and what is near": [
    ["Moun.pt", /^1:1 there is no column, define or parameter 'Moun' \(near Muon\)/],
    ["1 +\n  Jet.sum(j => j.ptt)", /^2:18 a Jet record has no field 'ptt' \(near pt/],
    ["Muon.fliter(m => m.tight).pt", /^1:6 there is no method 'fliter' \(near filter\)/],
    ["sqr(2)", /^1:1 there is no function 'sqr' \(near sqrt/],
    ["HLT_IsoMu42 ? 1 : 0", /^1:1 there is no column, define or parameter 'HLT_IsoMu42' \(near HLT_IsoMu24\)/],
    ["Muon.map(m => mm.pt)", /^1:15 there is no column, define or parameter 'mm' \(near m[,)]/],
    ["col('odd-nmae')", /^1:5 there is no column 'odd-nmae' \(near odd-name\)/],
    ["MET.pz", /^1:5 a MET record has no field 'pz' and is no four-vector/],
    ["title", /^1:1 the column 'title' cannot be used: holds JSON text/],
    ["abs", /^1:1 'abs' is a function: call it, abs\(…\)/],
    ["Muon.sum", /^1:6 sum is a method: call it/],
    ["genWeight(1)", /^1:1 'genWeight' is not a function/],
  ],
  "finds nothing in what every JavaScript object has": [
    ["constructor", /^1:1 there is no column, define or parameter 'constructor'/],
    ["__proto__", /^1:1 there is no column/],
    ["toString", /^1:1 there is no column/],
    ["toString()", /^1:1 there is no function 'toString'/],
    ["hasOwnProperty(1)", /^1:1 there is no function/],
    ["Muon.constructor", /^1:6 a Muon record has no field 'constructor'/],
    ["Muon[0].__proto__", /^1:9 a Muon record has no field '__proto__'/],
    ["Muon.toString()", /^1:6 there is no method 'toString'/],
    ["MET.valueOf", /^1:5 a MET record has no field 'valueOf'/],
    ["genWeight.constructor", /^1:11 a number has no members/],
    ["col('constructor')", /^1:5 there is no column 'constructor'/],
  ],
  "tells which type an operator needs, and which it has": [
    ["genWeight + HLT_IsoMu24", /^1:13 '\+' needs a number, but this is a boolean/],
    ["!genWeight", /^1:2 '!' needs a boolean, but this is a number/],
    ["-HLT_IsoMu24", /^1:2 '-' needs a number/],
    ["genWeight ? 1 : 2", /^1:1 the condition of '\? :' needs a boolean/],
    ["HLT_IsoMu24 ? 1 : false", /^1:19 the other side of '\? :' needs a number/],
    [
      "HLT_IsoMu24 ? Muon.pairs() : Jet.triples()",
      /^1:30 these are a tuple of 2 and a tuple of 3, whose members are not of the same kinds/,
    ],
    ["HLT_IsoMu24 ? Muon.pairs() : Jet", /^1:30 '\? :' puts lists of numbers, of booleans, of strings, of records or of tuples together/],
    ["HLT_IsoMu24 ? Muon : 1", /^1:22 the other side of '\? :' needs a list, but this is a number/],
    ["Muon.pairs()[0] == Muon.triples()[0]", /^1:[0-9]+ a tuple of 2 and a tuple of 3 never are the same: compare their members/],
    ["HLT_IsoMu24 == 1", /^1:16 '==' needs a boolean/],
    ["genWeight < HLT_IsoMu24", /^1:13 '<' needs a number/],
    ["genWeight && HLT_IsoMu24", /^1:1 '&&' needs a boolean/],
    ["maybe ?? HLT_IsoMu24", /^1:10 the default after '\?\?' needs a number/],
    ["Muon.pt + 1", /^1:1 '\+' needs a number, but this is a list of numbers: take one element \(\[0\]\), reduce it/],
    ["Muon[0] * 2", /^1:1 '\*' needs a number, but this is a Muon record that may be missing: take one of its fields, pt, eta/],
    ["MET + MET", /^1:1 '\+' adds four-vectors, but a MET record has not pt, eta, phi/],
    ["Muon[0] == MET ? 1 : 0", /^1:12 only elements of collections can be compared/],
  ],
  "tells what functions and methods take": [
    ["abs(1, 2)", /^1:1 abs takes one argument, not 2/],
    ["atan2(1)", /^1:1 atan2 takes 2 arguments, not 1/],
    ["min()", /^1:1 min needs at least one argument/],
    ["max(hits)", /^1:5 max takes numbers, .* write list\.max\(\)/],
    ["deltaR(genWeight, Muon[0])", /^1:8 deltaR needs a record/],
    ["deltaR(MET, Muon[0])", /^1:8 deltaR needs eta, but a MET record has no such field/],
    ["Muon.map()", /^1:6 map takes one argument, not 0/],
    ["Muon.map(genWeight)", /^1:10 map needs a function, such as map\(x => …\)/],
    ["Muon.map((a, b, c) => 1)", /^1:10 the function of map has at most 2 parameters here, not 3/],
    ["Muon.pairs().map((a, b, i, x) => 1)", /^1:18 the function of map has at most 3 parameters/],
    ["Muon.filter(m => m.pt).pt", /^1:18 the condition of filter needs a boolean, but this is a number/],
    ["Muon.max()", /^1:6 max needs a list of numbers, .* say of what, max\(x => …\)/],
    ["Muon.sortBy(m => HLT_IsoMu24)", /^1:18 the function of sortBy needs a number/],
    ["Muon.pairs(1)", /^1:12 pairs takes no arguments/],
    ["Muon.map(m => Jet.pt).concat(Muon.map(m => Jet.pt))", /: make one list of each before, by flatMap\(x => x\)/],
    ["Muon.pairs().map(p => p[2].pt)", /^1:25 the members of a tuple of 2 are \[0\] to \[1\]/],
    ["genWeight.map(x => x)", /^1:1 map is a method of lists, but this is a number/],
    ["genWeight[0]", /^1:1 \[…\] takes an element of a list/],
    ["Muon[HLT_IsoMu24]", /^1:6 an index needs a number/],
    ["x => x", /^1:1 a function can only be the argument of a method/],
    ["col(hits)", /^1:1 col takes the name of a column/],
  ],
  "tells what cannot be filled": [
    ["Muon", /^1:1 this is a list of Muon records: an axis of type regular is filled with numbers/],
    ["Muon.pairs()", /^1:1 this is a list of 2-tuples/],
    ["Muon.map(m => Jet.pt)", /^1:1 this is a list of lists: make it one list with flatMap, or reduce the inner lists/],
    ["Muon[0] + Jet[0]", /^1:1 the value of an axis must be a number or a list of numbers, but this is a four-vector record/],
    ["MET", /^1:1 the value of an axis must be a number or a list of numbers, but this is a MET record/],
  ],
  "tells what strings are good for": [
    ["channel", /^1:1 this is a string: an axis of type regular is filled with numbers; strings fill an axis of type category/],
    ["channel + 1", /^1:1 '\+' needs a number, but this is a string: strings can be told apart by == and !=/],
    ["channel < 'mu' ? 1 : 0", /^1:1 '<' needs a number, but this is a string: strings can be told apart by == and !=/],
    ["channel == 13 ? 1 : 0", /^1:12 '==' needs a string, but this is a number: a string is written in quotes, "mu"/],
    ["channel == mu ? 1 : 0", /^1:12 there is no column, define or parameter 'mu'/],
    ["maybe ?? 'none'", /^1:10 the default after '\?\?' needs a number, but this is a string/],
    ["channel == 'a' ? 1 : 'b'", /^1:22 the other side of '\? :' needs a number, but this is a string/],
    ["Muon.map(m => 'a').max()", /^1:20 max needs a list of numbers, but this is a list of strings/],
    ["channel.length", /^1:9 a string has no members/],
    ["col('odd_name')", /^1:5 there is no column 'odd_name'.*odd-name/],
    ["col('pi')", /^1:5 there is no column 'pi'/],
    ["Muon.map(m => m['charg'])", /^1:17 a Muon record has no field 'charg'.*charge/],
    ["channel['mu']", /^1:9 a string has no members/],
    ["col(channel)", /^1:1 col takes the name of a column: col\("odd-name"\)/],
  ],
};

for (const [claim, cases] of Object.entries(faults)) {
  test(`checkExpression ${claim}`, () => {
    for (const [value, fault] of cases) assert.match(faultOf(value), fault, value);
  });
}

test("checkExpression looks names up as parameter, define, column, constant, in that order", () => {
  const passes = (query: object) => assert.deepEqual(findIssues(query, muonSchema), []);
  passes({ histograms: { h: histogramOf("Muon.sum(pi => pi.pt)") } });
  passes({ define: { pi: "HLT_IsoMu24" }, filter: "pi", histograms: { h: histogramOf("e") } });
  passes({ define: { genWeight: "HLT_IsoMu24" }, filter: "genWeight", histograms: { h: histogramOf("hits") } });
  passes({ histograms: { h: histogramOf("Muon.map(Muon => Muon.pt)") } });
});

test("checkExpression gives every column by its full name, and by col", () => {
  for (const value of ["Muon_pt", "MET_pt", "col('odd-name')", "col('Muon_pt').max()", "Muon_pt.filter(pt => pt > 3)"])
    assert.equal(faultOf(value), "none", value);
});

test("checkExpression takes names with points as the files have them: structs in structs, and collections whose names begin with another one", () => {
  const column = (name: string, lists: readonly string[], member: { readonly record: string; readonly field: string }) =>
    ({ name, dtype: "float64", nullable: false, lists, member }) as const;
  const inParticles = (name: string, record: string, field: string) => column(name, [record], { record, field });
  const schema: Schema = {
    columns: [
      column("rec.y.z", [], { record: "rec", field: "y_z" }),
      ...["pt", "eta", "phi", "mass"].map((field) => inParticles(`Jet.p4.${field}`, "Jet", `p4_${field}`)),
      inParticles("Particles.PDG", "Particles", "PDG"),
      inParticles("Particles.momentum.x", "Particles.momentum", "x"),
      inParticles("Hits.position.x", "Hits.position", "x"),
    ],
    unsupported: [],
  };
  const faultOf = (value: string, define = {}) =>
    findIssues({ define, histograms: { h: histogramOf(value) } }, schema)[0]?.message ?? "none";
  for (const value of [
    "rec.y.z",
    "Jet.p4.pt",
    "Jet[0].p4.pt",
    "Jet.map(j => j.p4).filter(p => p.pt > 3).mass",
    "Jet.pairs().map((a, b) => (a.p4 + b.p4).mass)",
    "Jet[0].p4.px",
    "Particles.PDG",
    "Particles.momentum.x",
    "Particles.momentum[0].x",
    "Particles.momentum.filter(m => m.x > 0).length",
    "Hits.position.length",
  ])
    assert.equal(faultOf(value), "none", value);
  assert.match(faultOf("rec.y.q"), /^a rec.y record has no field 'q'/);
  assert.match(faultOf("Particles[0].momentum.x"), /: Particles.momentum is a list of its own, such as col\("Particles.momentum"\)\[i\]/);
  const fast = { Particles: "Particles.filter((p, i) => Particles.momentum[i].x > 0)" };
  assert.equal(faultOf("Particles.length", fast), "none");
  assert.match(faultOf("Particles.momentum.length", fast), /^a Particles record has no field 'momentum'/);
  assert.equal(faultOf('col("Particles.momentum").length', fast), "none");
  assert.match(faultOf("Particles.momenta.x"), /^a Particles record has no field 'momenta'/);
  assert.match(faultOf("Hits.position.x", { Hits: "Jet" }), /^a Jet record has no field 'position'/);
});

test("checkExpression takes a field that is named like a method where it is not called", () => {
  const column = (field: string) =>
    ({ name: `Muon_${field}`, dtype: "float32", nullable: false, lists: ["Muon"], member: { record: "Muon", field } }) as const;
  const schema: Schema = { columns: ["pfRelIso03_all", "pfRelIso03_chg", "max"].map(column), unsupported: [] };
  const faultOf = (value: string) => findIssues({ histograms: { h: histogramOf(value) } }, schema)[0]?.message ?? "none";
  for (const value of ["Muon.pfRelIso03.all", "Muon[0].pfRelIso03.all", "Muon.max", "Muon.max.max()"])
    assert.equal(faultOf(value), "none", value);
  assert.match(faultOf("Muon.pfRelIso03.any"), /^any is a method: call it/);
});

test("float64 columns that both may hold integers from 2^53 on are not compared, in whatever way their values come there", () => {
  const column = { dtype: "float64", nullable: false, lists: [] } as const;
  const field = (record: string, name: string, lists: readonly string[]) =>
    ({ ...column, name: `${record}_${name}`, lists, member: { record, field: name } }) as const;
  const schema: Schema = {
    columns: [
      { ...column, name: "event", isRounded: true },
      { ...column, name: "other", isRounded: true, nullable: true },
      { ...column, name: "run" },
      { ...field("Hit", "id", ["Hit"]), isRounded: true },
      field("Hit", "charge", ["Hit"]),
      field("Track", "id", ["Track"]),
    ],
    unsupported: [],
  };
  const faults = (value: string) =>
    findIssues({ histograms: { h: histogramOf(`${value} ? 1 : 0`) } }, schema).map(({ message }) => message);
  for (const operator of ["==", "!=", "<", "<=", ">", ">="])
    assert.match(faults(`event ${operator} other`)[0]!, /may be integers from 2\^53 on, which are rounded/);
  for (const text of ["event == 9007199254740992", "-9007199254740992 != Hit[0].id", "other == 1e200"])
    assert.match(faults(text)[0]!, /cannot tell integers from 2\^53 on from their neighbours in a column that is float64/, text);
  for (const [one, two] of [
    ["Hit[0].id", "event"],
    ["(other ?? -1)", "event"],
    ["(run > 0 ? 0 : other)", "Hit.max(h => h.id)"],
    ["(run > 0 ? Track[0] : Hit[0]).id", "Hit[1].id"],
    ["(Track[0] ?? Hit[0]).id", "event"],
  ])
    assert.equal(faults(`${one} == ${two}`).length, 1, one);
  assert.equal(faults("Hit.some(h => h.id == event)").length, 1);
  for (const sound of [
    "run == 9007199254740992",
    "run == 1e200",
    "event == 9007199254740991",
    "event == run",
    "event < 1e17",
    "Hit.some(h => h.charge == run)",
    "event - other == 0",
    "Hit[0].charge == event",
  ])
    assert.deepEqual(faults(sound), [], sound);
});

test("a field that the file has and queries cannot use is no missing one, and names have their articles", () => {
  const reason = "is a list of lists, which queries cannot use yet";
  const schema: Schema = {
    columns: [
      { name: "A.pt", dtype: "float32", nullable: false, lists: ["A"], member: { record: "A", field: "pt" } },
      { name: "Jet.pt", dtype: "float32", nullable: false, lists: ["Jet"], member: { record: "Jet", field: "pt" } },
    ],
    unsupported: ["Jet.hits", "Jet.cells.energy", "ids"].map((name) => ({ name, reason })),
  };
  const fault = (value: string) => findIssues({ histograms: { h: histogramOf(value) } }, schema)[0]?.message;
  assert.equal(fault("Jet.map(j => j.hits.length)"), `the field 'hits' of a Jet record cannot be used: ${reason}`);
  assert.equal(fault("Jet.cells"), `the field 'cells' of a Jet record cannot be used: ${reason}`);
  assert.equal(fault("ids"), `the column 'ids' cannot be used: ${reason}`);
  assert.equal(fault("A[0] + 1"), "'+' needs a number, but this is an A record that may be missing: take one of its fields, pt");
});

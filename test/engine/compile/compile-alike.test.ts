import assert from "node:assert/strict";
import { test } from "node:test";
import { compilerOf } from "../../../engine/compile/compile-alike.ts";
import { compileProgram } from "../../../engine/compile/compile-program.ts";
import { encodePartial } from "../../../engine/histogram/partial.ts";
import { makeProgram, type OneProgram } from "../../../engine/query/make-program.ts";
import { readQuery } from "../../../engine/query/query.ts";
import { makeDataset } from "../../support/engine/in-memory-dataset.ts";
import { runPrepared } from "../../support/engine/run-query.ts";
import { seeded } from "../../support/seeded.ts";

const random = seeded(16);
const dataset = makeDataset(
  Array.from({ length: 500 }, () => ({
    w: random.fraction() * 2,
    up: 1 + random.fraction() / 10,
    down: 1 - random.fraction() / 10,
    single: Math.fround(random.fraction()),
    maybe: random.chance(0.3) ? null : random.fraction(),
    long: BigInt(random.below(100)),
    Jet: Array.from({ length: random.below(6) }, () => ({
      pt: random.fraction() * 100,
      eta: random.fraction() * 5 - 2.5,
      phi: random.fraction() * 6 - 3,
    })),
  })),
  { single: "float32", maybe: "float64?", long: "int64" },
);
const { schema } = dataset;
const query = {
  dataset: "test",
  define: { cut: "20", good: "Jet.filter(j => j.pt > cut)", scaled: "good.map(j => ({ ...j, pt: j.pt * 1.5 }))" },
  filter: "good.length >= 1",
  weight: "w",
  histograms: {
    pt: { axes: [{ type: "regular", bins: 20, lower: 0, upper: 200, value: "scaled.pt" }] },
    mass: { axes: [{ type: "regular", bins: 20, lower: 0, upper: 200, value: "scaled.pairs().map((a, b) => (a + b).mass)" }] },
  },
};

async function assertSameAsAlone(variations: Readonly<Record<string, object>>): Promise<void> {
  const { variations: varied, ...nominal } = makeProgram(readQuery({ ...query, variations }), schema);
  const compile = compilerOf(schema);
  const partialOf = (planned: OneProgram, bytes: Uint8Array<ArrayBuffer>) =>
    encodePartial(runPrepared({ planned: { ...planned, variations: new Map() }, module: new WebAssembly.Module(bytes) }, dataset));
  for (const one of [nominal, ...varied.values()])
    assert.deepEqual(await partialOf(one, compile(one)), await partialOf(one, compileProgram(one.terms, schema)));
}

test("programs that differ in their numbers give what each gives when it is compiled alone", () =>
  assertSameAsAlone({
    up: { weight: "weight * 1.02" },
    down: { weight: "weight * 0.98" },
    one: { weight: "weight * 1" },
    none: { weight: "weight * 0" },
    infinite: { weight: "weight / 1e400" },
    negative: { weight: "weight * -3" },
    cut: { define: { cut: "30" } },
    lowCut: { define: { cut: "1.5" } },
    zeroCut: { define: { cut: "0" } },
    jets: { define: { Jet: "Jet.map(j => ({ ...j, pt: j.pt * 1.02 + 1.02 }))" } },
    otherJets: { define: { Jet: "Jet.map(j => ({ ...j, pt: j.pt * 1.02 + 1.03 }))" } },
    moreJets: { define: { Jet: "Jet.map(j => ({ ...j, pt: j.pt * 1.04 + 1.05 }))" } },
  }));

test("so do those whose numbers decide about their code", () =>
  assertSameAsAlone({
    root: { filter: "sqrt(w * w) < 1.5" },
    otherRoot: { filter: "sqrt(w * w) < 0.5" },
    power: { weight: "weight ** 2" },
    otherPower: { weight: "weight ** 3.5" },
    long: { filter: "long < 50" },
    otherLong: { filter: "long < 20.5" },
    place: { filter: "Jet[0].pt > 10" },
    otherPlace: { filter: "Jet[1].pt > 10" },
    size: { filter: "Jet.combinations(2).length > 2" },
    otherSize: { filter: "Jet.combinations(3).length > 2" },
  }));

test("so do those that read other columns of the event, also of other types", () =>
  assertSameAsAlone({
    up: { weight: "weight * up" },
    down: { weight: "weight * down" },
    single: { weight: "weight * single" },
    maybe: { weight: "weight * (maybe ?? 2)" },
    long: { weight: "weight * long" },
    itself: { weight: "weight * w" },
  }));

test("code is written once for programs that differ in numbers and columns only", () => {
  const variations = {
    a: { weight: "weight * 1.02" },
    b: { weight: "weight * 1.25" },
    c: { weight: "weight * up" },
    d: { weight: "weight * down" },
  };
  const { variations: varied } = makeProgram(readQuery({ ...query, variations }), schema);
  const compile = compilerOf(schema);
  const [a, b, c, d] = [...varied.values()].map(compile);
  assert.deepEqual(c, d);
  assert.notDeepEqual(a, b);
  assert(a!.filter((byte, index) => byte !== b![index]).length <= 8);
});

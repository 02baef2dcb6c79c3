import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { scaleOfFloat32 } from "../../../../engine/axes/float32-scale.ts";
import { type CodeCache, type CompiledProgram, compileAlike, type KnownCode } from "../../../../engine/compile/alike/compile-alike.ts";
import { compileProgram } from "../../../../engine/compile/compile-program.ts";
import { encodePartial } from "../../../../engine/histogram/partial.ts";
import { makeProgram, type OneProgram } from "../../../../engine/query/make-program.ts";
import { readQuery } from "../../../../engine/query/query.ts";
import { makeDataset } from "../../../support/engine/in-memory-dataset.ts";
import { runPrepared } from "../../../support/engine/run-query.ts";
import { seeded } from "../../../support/seeded.ts";

const random = seeded(16);
const dataset = makeDataset(
  Array.from({ length: 500 }, () => ({
    w: random.fraction() * 2,
    up: 1 + random.fraction() / 10,
    down: 1 - random.fraction() / 10,
    single: Math.fround(random.fraction()),
    maybe: random.chance(0.3) ? null : random.fraction(),
    long: BigInt(random.below(100)),
    channel: random.pick(["ee", "mumu"]),
    Jet: Array.from({ length: random.below(6) }, () => ({
      pt: random.fraction() * 100,
      eta: random.fraction() * 5 - 2.5,
      phi: random.fraction() * 6 - 3,
    })),
  })),
  { single: "float32", maybe: "float64?", long: "int64" },
);
const { schema } = dataset;
const regular = (value: string, rest: object = {}) => ({ type: "regular", bins: 20, lower: 0, upper: 200, value, ...rest });
const query = {
  dataset: "test",
  define: { cut: "20", good: "Jet.filter(j => j.pt > cut)", scaled: "good.map(j => ({ ...j, pt: j.pt * 1.5 }))" },
  filter: "good.length >= 1",
  weight: "w",
  histograms: {
    pt: { axes: [regular("scaled.pt")] },
    mass: { axes: [regular("scaled.pairs().map((a, b) => (a + b).mass)")] },
  },
};

const asked = (more: object): OneProgram => makeProgram(readQuery({ ...query, ...more }), schema);

/** Compiles programs one after the other, and runs each with the code of the first one of its key. */
function openCompiler() {
  const code = new Map<string, KnownCode>();
  const modules = new Map<string, WebAssembly.Module>();
  return {
    code,
    modules,
    async run(one: OneProgram): Promise<Uint8Array> {
      const { module, codeKey, numbers } = await compileAlike(one.terms, schema, code);
      modules.set(codeKey, modules.get(codeKey) ?? new WebAssembly.Module(module));
      const itself = await encodePartial(runPrepared({ planned: one, module: new WebAssembly.Module(module) }, dataset));
      const shared = await encodePartial(runPrepared({ planned: one, module: modules.get(codeKey)!, numbers }, dataset));
      assert.deepEqual(shared, itself);
      return shared;
    },
  };
}

const aloneOf = (one: OneProgram) =>
  encodePartial(runPrepared({ planned: one, module: new WebAssembly.Module(compileProgram(one.terms, schema)) }, dataset));

/** Returns the number of different codes. */
async function assertSameAsAlone(all: readonly OneProgram[]): Promise<number> {
  const compiler = openCompiler();
  for (const one of all) assert.deepEqual(await compiler.run(one), await aloneOf(one));
  return compiler.modules.size;
}

function varied(variations: Readonly<Record<string, object>>): readonly OneProgram[] {
  const { variations: others, ...nominal } = makeProgram(readQuery({ ...query, variations }), schema);
  return [nominal, ...others.values()];
}

const perHistogram = (histograms: readonly object[], more: object = {}) =>
  histograms.map((h) => makeProgram(readQuery({ dataset: "test", histograms: { h }, ...more }), schema));

test("programs that differ in their numbers give what each gives when it is compiled alone", async () => {
  const all = varied({
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
  });
  assert.equal(await assertSameAsAlone(all), 9);
});

test("so do those whose numbers decide about their code", async () => {
  const all = varied({
    power: { weight: "weight ** 2" },
    otherPower: { weight: "weight ** 3.5" },
    long: { filter: "long < 50" },
    otherLong: { filter: "long < 20.5" },
    place: { filter: "Jet[0].pt > 10" },
    otherPlace: { filter: "Jet[1].pt > 10" },
    size: { filter: "Jet.combinations(2).length > 2" },
    otherSize: { filter: "Jet.combinations(3).length > 2" },
    huge: { filter: "sqrt(w * w) < 1e200" },
    negative: { filter: "sqrt(w * w) > -1" },
  });
  await assertSameAsAlone(all);
});

test("so do those that compare a root with other numbers, by the same code", async () => {
  const all = ["1.25", "0.5", "1e-3"].flatMap((number) =>
    ["<", ">="].map((compared) => asked({ filter: `sqrt(w * w) ${compared} ${number}` })),
  );
  assert.equal(await assertSameAsAlone(all), 2);
});

test("so do those that read other columns of the event, also of other types", () =>
  assertSameAsAlone(
    varied({
      up: { weight: "weight * up" },
      down: { weight: "weight * down" },
      single: { weight: "weight * single" },
      maybe: { weight: "weight * (maybe ?? 2)" },
      long: { weight: "weight * long" },
      itself: { weight: "weight * w" },
    }),
  ).then(() => undefined));

test("so do those that name other strings, by the same code", async () => {
  const all = ["ee", "mumu", "none"].map((name) => asked({ filter: `channel == "${name}"` }));
  assert.equal(await assertSameAsAlone(all), 1);
});

test("the scale for float32 is a number of the program only where an axis is filled from a column of float32", async () => {
  const scale = scaleOfFloat32({ bins: 20, lower: 0, upper: 200 })!;
  const numbersOf = async (...values: readonly string[]) => {
    const histograms = Object.fromEntries(values.map((value) => [value, { axes: [regular(value)] }]));
    const { terms } = makeProgram(readQuery({ dataset: "test", histograms }), schema);
    return (await compileAlike(terms, schema, new Map())).numbers;
  };
  assert.deepEqual(await numbersOf("w"), [0, 200, 200, 0]);
  assert.deepEqual(await numbersOf("Jet.pt"), [0, 200, 200, 0]);
  assert.deepEqual(await numbersOf("single"), [0, 200, 200, scale]);
  assert.deepEqual(await numbersOf("w", "single"), [0, 200, 200, scale]);
});

for (const [what, value, more] of [
  ["in the loop over events", "w", { filter: "w > 0.5" }],
  ["four float32 at a time", "single", {}],
  ["from the content of a list", "Jet.pt", {}],
  ["from lists of events", "Jet.filter(j => j.eta > 0).pt", { filter: "w > 0.5" }],
] as const) {
  test(`axes with other ends are filled ${what} as when they are compiled alone, by the same code where only ends differ`, async () => {
    const ends = [
      [0.25, 0.75],
      [-1.5, 1.1],
      [0.1, 99.7],
      [5e-324, 1],
      [1e-300, 1e9],
      [-1e9, -3],
    ] as const;
    const axes = (rest: object) => ends.map(([lower, upper]) => ({ axes: [regular(value, { lower, upper, ...rest })] }));
    const all = perHistogram([...axes({}), ...axes({ circular: true })], more);
    assert((await assertSameAsAlone(all)) <= 3);
    const whole = [1, 2, 50].map((lower) => ({ axes: [{ type: "integer", lower, upper: lower + 30, value }] }));
    assert.equal(await assertSameAsAlone(perHistogram(whole, more)), 1);
    const edges = [[1, 2, 3] as const, [-0, 0.5, 1e300] as const].map((edges) => ({ axes: [{ type: "variable", edges, value }] }));
    assert.equal(await assertSameAsAlone(perHistogram(edges, more)), 1);
    const zeros = [regular(value, { lower: 0 }), regular(value, { lower: -5, upper: 0 }), regular(value, { lower: -0 })];
    await assertSameAsAlone(
      perHistogram(
        [...zeros, regular(value, { bins: 21 })].map((axis) => ({ axes: [axis] })),
        more,
      ),
    );
  });
}

test("axes that are equal in one program and differ in another are not taken for the same", async () => {
  const two = (upper: number) => ({
    a: { axes: [regular("w", { lower: 0.5, upper: 2 })] },
    b: { axes: [regular("w", { lower: 0.5, upper })], weight: "up" },
  });
  const all = [2, 3, 2.5].map((upper) => asked({ histograms: two(upper) }));
  assert.equal(await assertSameAsAlone(all), 2);
});

test("numbers that are equal in one program and differ in another are not taken for the same", async () => {
  const all = ["w > 1.25 && up < 1.25", "w > 1.25 && up < 1.05", "w > 0.5 && up < 1.01"].map((filter) => asked({ filter }));
  assert.equal(await assertSameAsAlone(all), 2);
});

test("a module is not run with numbers that it was not made for", async () => {
  const { terms, program } = asked({});
  const { module, numbers } = await compileAlike(terms, schema, new Map());
  const run = (own: readonly number[], bytes = module) =>
    runPrepared({ planned: { terms, program }, module: new WebAssembly.Module(bytes), numbers: own }, dataset);
  run(numbers);
  assert.throws(() => run([...numbers, 1]), /it is made for others/);
  assert.throws(() => run(numbers, compileProgram(terms, schema)), /it is made for others/);
});

test("a module gives the same to an earlier release, which calls every function that a module exports with the events to add", async () => {
  const one = asked({});
  const { module } = await compileAlike(one.terms, schema, new Map());
  const at = Buffer.from(module).indexOf("set numbers");
  assert.notEqual(at, -1);
  // Under another name it is called as the functions that add events are.
  const called = module.slice();
  called.set(Buffer.from("run"), at);
  const partial = await encodePartial(runPrepared({ planned: one, module: new WebAssembly.Module(called) }, dataset));
  assert.deepEqual(partial, await aloneOf(one));
});

test("code is written once for programs that differ in numbers, columns and ends only, and found again by their shape", async () => {
  const variations = {
    a: { weight: "weight * 1.02" },
    b: { weight: "weight * 1.25" },
    c: { weight: "weight * up" },
    d: { weight: "weight * down" },
  };
  const known = new Map<string, KnownCode>();
  let written = 0;
  const code: CodeCache = {
    get: (shape) => known.get(shape),
    set(shape, each) {
      if (known.get(shape) !== each) written++;
      known.set(shape, each);
    },
  };
  const compiled: CompiledProgram[] = [];
  for (const { terms } of varied(variations)) compiled.push(await compileAlike(terms, schema, code));
  const [, a, b, c, d] = compiled;
  assert.equal(written, 3);
  assert.deepEqual(c, d);
  assert.equal(a!.codeKey, b!.codeKey);
  assert(a!.module.filter((byte, index) => byte !== b!.module[index]).length <= 8);
});

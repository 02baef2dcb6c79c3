import assert from "node:assert/strict";
import { test } from "node:test";
import { compileProgram } from "../../../engine/compile/compile-program.ts";
import { CannotRunTogether, prepareTogether, type SourceProgram } from "../../../engine/compile/compile-together.ts";
import { encodePartial } from "../../../engine/histogram/partial.ts";
import { writeSource } from "../../../engine/program/source.ts";
import { makeProgram, type OneProgram } from "../../../engine/query/make-program.ts";
import { readQuery } from "../../../engine/query/query.ts";
import { computeTogether, ScratchExhausted } from "../../../engine/run/run-program.ts";
import { type InMemoryDataset, makeDataset } from "../../support/engine/in-memory-dataset.ts";
import { runPrepared } from "../../support/engine/run-query.ts";
import { seeded } from "../../support/seeded.ts";

const random = seeded(33);
const dataset = makeDataset(
  Array.from({ length: 3000 }, () => ({
    w: random.chance(0.02) ? Number.NaN : random.fraction() * 2 - 0.5,
    up: 1 + random.fraction() / 10,
    met: Math.fround(random.fraction() * 200),
    maybe: random.chance(0.3) ? null : random.fraction() * 10,
    flag: random.chance(0.5),
    channel: ["ee", "mumu", "emu"][random.below(3)]!,
    Jet: Array.from({ length: random.below(6) }, () => ({
      pt: Math.fround(random.fraction() * 100),
      eta: random.fraction() * 5 - 2.5,
      phi: random.fraction() * 6 - 3,
    })),
    Muon: Array.from({ length: random.below(4) }, () => ({
      pt: Math.fround(random.fraction() * 100),
      eta: random.fraction() * 5 - 2.5,
      phi: random.fraction() * 6 - 3,
    })),
  })),
  { met: "float32", "Jet[].pt": "float32", maybe: "float64?" },
);
const { schema } = dataset;
const axis = (value: string, bins = 20, upper = 200) => ({ type: "regular", bins, lower: 0, upper, value });
const nominal = {
  define: { good: "Jet.filter(j => j.pt > 30)", muons: "Muon.filter(m => m.pt > 20)" },
  filter: ["flag", "good.length >= 1"],
  totals: { sumw: "w", n: "1" },
  histograms: {
    met: { axes: [axis("met")] },
    jets: { axes: [axis("good.pt")] },
    ht: { axes: [axis("good.sum(j => j.pt)")], filter: "good.length > 1", weight: "up" },
    mass: { axes: [axis("muons.pairs().map((a, b) => (a + b).mass)")] },
    two: { axes: [axis("met", 5), { type: "integer", lower: 0, upper: 6, value: "good.length" }], weight: "w" },
    best: { axes: [axis("maybe", 10, 10)] },
    found: { axes: [{ type: "auto", bins: 30, value: "good.pt" }], weight: "up" },
    profile: { axes: [axis("met", 5)], sample: "good.length" },
    sum: { axes: [], weight: "w" },
    auto: { axes: [{ type: "auto", bins: 20, value: "good.pt" }] },
  },
};
const variations = Object.fromEntries([
  ...[1.02, 0.98, 1.05].map((factor) => [`jes${factor}`, { define: { Jet: `Jet.map(j => ({ ...j, pt: j.pt * ${factor} }))` } }]),
  ["weighted", { weight: "weight * w" }],
  ["pileup", { weight: "weight * up" }],
  ["open", { filter: [] }],
  ["first", { filter: ["flag"] }],
  ["other", { filter: ["met > 50", "good.length >= 1", "flag"] }],
  ["muons", { define: { muons: "muons.filter(m => m.eta > 0)" } }],
]);
const asked = (query: object) => makeProgram(readQuery({ dataset: "test", ...query }), schema);

/** The program as a store returns it. */
const stored = ({ terms, program }: OneProgram): SourceProgram =>
  JSON.parse(JSON.stringify({ program, source: writeSource(terms, schema) }));

async function runTogether(all: readonly OneProgram[], over: InMemoryDataset, module?: WebAssembly.Module) {
  const programs = all.map(stored);
  const { run: together, compile } = prepareTogether(programs);
  const own = programs.map(({ program }) => over.load(program.inputs, 0, over.events.length));
  const partials = computeTogether({
    programs: programs.map(({ program }) => program),
    run: together,
    module: module ?? new WebAssembly.Module(compile()),
    memory: over.memory,
    entries: over.events.length,
    addresses: together.inputs.map(({ program, input }) => own[program]![input]!),
    work: over.work(together.layouts.at(-1)!.scratch + (1 << 18)),
  });
  return Promise.all(partials.map(encodePartial));
}

async function compareWithAlone(all: readonly OneProgram[], module?: WebAssembly.Module): Promise<void> {
  const together = await runTogether(all, dataset, module);
  for (const [index, one] of all.entries()) {
    const module = new WebAssembly.Module(compileProgram(one.terms, schema));
    const alone = await encodePartial(runPrepared({ planned: one, module }, dataset));
    assert.deepEqual(together[index], alone, `program ${index}`);
  }
}

function programsOf(query: object): readonly OneProgram[] {
  const { variations, ...own } = asked(query);
  return [own, ...variations.values()];
}

test("variations run together give bit for bit what each gives alone", async () => {
  await compareWithAlone(programsOf({ ...nominal, variations }));
});

test("variations of a query without filters give bit for bit what each gives alone", async () => {
  await compareWithAlone(programsOf({ ...nominal, filter: [], variations }));
});

test("programs that have nothing in common give bit for bit what each gives alone", async () => {
  const queries = [
    { histograms: { met: { axes: [axis("met")] } } },
    { filter: "Jet.length > 2", weight: "w", histograms: { pt: { axes: [axis("Jet.pt")] } } },
    { filter: ["Muon.length > 1", "met > 20"], histograms: { pt: { axes: [axis("Muon[0].pt")] } } },
    { filter: 'channel == "mumu"', histograms: { c: { axes: [{ type: "category", categories: ["emu", "mumu"], value: "channel" }] } } },
    {
      filter: 'channel != "ee"',
      histograms: { c: { axes: [{ type: "category", categories: ["mumu", "tau", "emu"], value: "channel" }] } },
    },
    { totals: { a: "up" }, histograms: { eta: { axes: [axis("Muon.eta")], filter: "flag" } } },
    { histograms: { met: { axes: [axis("met")] }, more: { axes: [axis("met", 7)] } } },
  ];
  await compareWithAlone(queries.map(asked));
});

test("a histogram, and a total, that several programs have is filled once", () => {
  const same = { totals: { n: "w" }, histograms: { met: { axes: [axis("met")] } } };
  const other = { ...same, histograms: { ...same.histograms, jets: { axes: [axis("Jet.pt")] } } };
  assert.equal(prepareTogether([asked(same), asked(other)].map(stored)).run.copies.length, 2);
  assert.equal(prepareTogether([asked(same), asked({ ...other, filter: "flag" })].map(stored)).run.copies.length, 1);
});

test("programs that differ from others in numbers only have their shape, and run by their module as each runs alone", async () => {
  const varied = ([cut, up, down, upper]: readonly number[]) =>
    programsOf({
      ...nominal,
      define: { ...nominal.define, good: `Jet.filter(j => j.pt > ${cut})` },
      histograms: { ...nominal.histograms, met: { axes: [axis("met", 20, upper)] } },
      variations: {
        up: { define: { Jet: `Jet.map(j => ({ ...j, pt: j.pt * ${up} }))` } },
        down: { define: { Jet: `Jet.map(j => ({ ...j, pt: j.pt * ${down} }))` } },
        weighted: { weight: `weight * ${up}` },
      },
    });
  const first = prepareTogether(varied([30, 1.02, 0.98, 150]).map(stored));
  const module = new WebAssembly.Module(first.compile());
  for (const numbers of [
    [31, 1.02, 0.98, 150],
    [30, 1.05, 0.5, 151],
  ]) {
    const all = varied(numbers);
    assert.equal(prepareTogether(all.map(stored)).shape, first.shape);
    await compareWithAlone(all, module);
  }
  const alike = prepareTogether(varied([30, 1.02, 1.02, 150]).map(stored));
  assert.notEqual(alike.shape, first.shape, "two variations that are the same are filled once");
});

test("where one program lacks scratch, all that run together do", async () => {
  const crowded = makeDataset([{ Hit: Array.from({ length: 300 }, (_, x) => ({ x })) }]);
  const make = (value: string) => makeProgram(readQuery({ dataset: "test", histograms: { h: { axes: [axis(value)] } } }), crowded.schema);
  const all = [make("Hit.length"), make("Hit.filter(h => h.x > 3).pairs().map((a, b) => a.x * b.x)")];
  const programs = all.map((one) => ({ program: one.program, source: writeSource(one.terms, crowded.schema) }));
  const { run: together, compile } = prepareTogether(programs);
  const own = programs.map(({ program }) => crowded.load(program.inputs, 0, 1));
  const run = () =>
    computeTogether({
      programs: programs.map(({ program }) => program),
      run: together,
      module: new WebAssembly.Module(compile()),
      memory: crowded.memory,
      entries: 1,
      addresses: together.inputs.map(({ program, input }) => own[program]![input]!),
      work: crowded.work(together.layouts.at(-1)!.scratch + 64),
    });
  assert.throws(run, ScratchExhausted);
});

test("programs that read the same column in different forms are not run together", () => {
  const other = makeDataset([{ met: 1 }, { met: null }]);
  const make = (of: InMemoryDataset) => {
    const one = makeProgram(readQuery({ dataset: "test", histograms: { met: { axes: [axis("met")] } } }), of.schema);
    return { program: one.program, source: writeSource(one.terms, of.schema) };
  };
  assert.throws(() => prepareTogether([make(dataset), make(other)]), CannotRunTogether);
});

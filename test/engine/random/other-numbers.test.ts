/**
 * Runs random queries with code that was compiled for the same query with other numbers: cuts, factors, ends of axes. If the compiler had used the value of a
 * number, the code would differ, or its results would. Queries are also run together with their variations, in one pass.
 *
 * FEMTOQ_TEST_SEED repeats a failure or starts with another seed; FEMTOQ_TEST_CASES is how many queries are compared.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compileAlike } from "../../../engine/compile/alike/compile-alike.ts";
import { compileProgram } from "../../../engine/compile/compile-program.ts";
import { CannotRunTogether, prepareTogether, type SourceProgram } from "../../../engine/compile/compile-together.ts";
import { encodePartial } from "../../../engine/histogram/partial.ts";
import { type Program, type ProgramAxis, writeNumber, writeProgram } from "../../../engine/program/program.ts";
import { readTerms, writeSource } from "../../../engine/program/source.ts";
import { Terms } from "../../../engine/program/term.ts";
import type { OneProgram } from "../../../engine/query/make-program.ts";
import { computeTogether, type TogetherRequest } from "../../../engine/run/run-program.ts";
import { makeComparedDataset } from "../../support/engine/compare-expressions.ts";
import type { InMemoryDataset } from "../../support/engine/in-memory-dataset.ts";
import { randomQuery, writeQuery } from "../../support/engine/random/random-query.ts";
import { type CompiledQuery, prepareQuery, runPrepared } from "../../support/engine/run-query.ts";
import { type Seeded, seeded, seedOr } from "../../support/seeded.ts";

const cases = Number(process.env.FEMTOQ_TEST_CASES ?? 20);

test("a query run with the code of the same query with other numbers gives what it gives when it is compiled alone", async () => {
  const first = seedOr(4_000_000);
  const counts = { programs: 0, alike: 0 };
  for (let seed = first; seed < first + cases; seed++) {
    try {
      await compareOne(seed, counts);
    } catch (cause) {
      throw new Error(`FEMTOQ_TEST_SEED=${seed}: ${cause}`, { cause });
    }
  }
  assert(counts.alike > 0.25 * counts.programs, JSON.stringify(counts));
});

test("a query and its variations run in one pass with the code of the same programs with other numbers, and each gives what it gives alone", async () => {
  const first = seedOr(5_000_000);
  const counts = { runs: 0, alike: 0 };
  for (let seed = first; seed < first + cases; seed++) {
    try {
      await compareTogether(seed, counts);
    } catch (cause) {
      throw new Error(`FEMTOQ_TEST_SEED=${seed}: ${cause}`, { cause });
    }
  }
  assert(counts.runs > cases && counts.alike > 0.25 * counts.runs, JSON.stringify(counts));
});

async function compareOne(seed: number, counts: { programs: number; alike: number }): Promise<void> {
  const random = seeded(seed);
  const dataset = makeComparedDataset(random, random.chance(0.5));
  const { schema } = dataset;
  const { planned } = prepareQuery(writeQuery(randomQuery(random)), schema);
  for (const one of [planned, ...planned.variations.values()]) {
    const code = new Map();
    const { module, codeKey } = await compileAlike(one.terms, schema, code);
    const compiled = new WebAssembly.Module(module);
    for (let other = 0; other < 3; other++) {
      const changed = withOtherNumbers(one, dataset, changes(random));
      const alone = { planned: changed, module: new WebAssembly.Module(compileProgram(changed.terms, schema)) };
      const found = await compileAlike(changed.terms, schema, code);
      const written = await compileAlike(changed.terms, schema, new Map());
      assert.equal(found.codeKey, written.codeKey, "the code that its shape found is not the one that is written for it");
      const isAlike = found.codeKey === codeKey;
      const shared = { planned: changed, module: isAlike ? compiled : new WebAssembly.Module(found.module), numbers: found.numbers };
      assert.deepEqual(await outcomeOf(shared, dataset), await outcomeOf(alone, dataset));
      counts.programs++;
      if (isAlike) counts.alike++;
    }
  }
}

async function compareTogether(seed: number, counts: { runs: number; alike: number }): Promise<void> {
  const random = seeded(seed);
  const dataset = makeComparedDataset(random, random.chance(0.5));
  const { schema } = dataset;
  const { planned } = prepareQuery(writeQuery(randomQuery(random)), schema);
  const all = [planned, ...planned.variations.values()];
  if (all.length < 2 || planned.program.rows) return;
  const modules = new Map<string, WebAssembly.Module>();
  for (let other = 0; other < 4; other++) {
    const change = rememberedChanges(random);
    const changed = other === 0 ? all : all.map((one) => withOtherNumbers(one, dataset, change));
    const alone: Uint8Array[] = [];
    for (const one of changed) {
      const module = new WebAssembly.Module(compileProgram(one.terms, schema));
      const outcome = await outcomeOf({ planned: one, module }, dataset);
      // What fails alone would fail for all of them.
      if (!(outcome instanceof Uint8Array)) return;
      alone.push(outcome);
    }
    const programs = changed.map(({ terms, program }) => ({ program, source: writeSource(terms, schema) }));
    const { run, shape, compile } = prepareTogether(programs);
    const known = modules.get(shape);
    const module = known ?? compileUnlessRefused(compile);
    if (!module) return;
    modules.set(shape, module);
    assert.deepEqual(await runTogether(programs, { run, module }, dataset), alone);
    counts.runs++;
    if (known) counts.alike++;
  }
}

/** Undefined where the code would be too large, so that such programs never run together. */
function compileUnlessRefused(compile: () => Uint8Array<ArrayBuffer>): WebAssembly.Module | undefined {
  try {
    return new WebAssembly.Module(compile());
  } catch (error) {
    if (error instanceof CannotRunTogether) return undefined;
    throw error;
  }
}

function runTogether(
  sources: readonly SourceProgram[],
  { run, module }: Pick<TogetherRequest, "run" | "module">,
  dataset: InMemoryDataset,
): Promise<readonly Uint8Array[]> {
  const programs = sources.map(({ program }) => program);
  const own = programs.map(({ inputs }) => dataset.load(inputs, 0, dataset.events.length));
  const partials = computeTogether({
    programs,
    run,
    module,
    memory: dataset.memory,
    entries: dataset.events.length,
    addresses: run.inputs.map(({ program, input }) => own[program]![input]!),
    work: dataset.work(run.layouts.at(-1)!.scratch + (1 << 18)),
  });
  return Promise.all(partials.map(encodePartial));
}

async function outcomeOf(prepared: CompiledQuery, dataset: InMemoryDataset): Promise<unknown> {
  try {
    return await encodePartial(runPrepared(prepared, dataset));
  } catch (error) {
    return (error as Error).message;
  }
}

const edge = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  5e-324,
  -2.5e-310,
  2 ** 53,
  1e308,
  1 + 2 ** -52,
  1e-140,
  1,
  2,
  3,
];

interface Changes {
  number(value: number): number;
  axis(axis: ProgramAxis): ProgramAxis;
}

const changes = (random: Seeded): Changes => ({
  number(value) {
    if (value === 0 || random.chance(0.2)) return value;
    if (random.chance(0.02)) return random.pick([0, -0]);
    return random.chance(0.3) ? random.pick(edge) : value * (0.5 + random.fraction());
  },
  axis: (axis) => withOtherEnds(axis, random),
});

/** The same change of equal numbers, and of equal axes, wherever they stand. */
function rememberedChanges(random: Seeded): Changes {
  const { number, axis } = changes(random);
  const numbers = new Map<number, number>();
  const axes = new Map<string, ProgramAxis>();
  return {
    number(value) {
      const changed = numbers.get(value) ?? number(value);
      numbers.set(value, changed);
      return changed;
    },
    axis({ value, ...shape }) {
      const key = JSON.stringify(shape);
      const changed = axes.get(key) ?? axis({ value, ...shape } as ProgramAxis);
      axes.set(key, changed);
      return { ...changed, value };
    },
  };
}

function withOtherNumbers(
  { program, terms }: OneProgram,
  { schema }: InMemoryDataset,
  change: Changes,
): Pick<OneProgram, "program" | "terms"> {
  const changed: Program = {
    ...program,
    terms: program.terms.map(([operation, literal, ...args]) => [
      operation,
      operation === "number" ? writeNumber(change.number(Number(literal))) : literal,
      ...args,
    ]),
    histograms: program.histograms.map((histogram) => ({ ...histogram, axes: histogram.axes.map(change.axis) })),
  };
  const read = readTerms(changed, writeSource(terms, schema), new Terms(Number.POSITIVE_INFINITY));
  return { terms: read, program: writeProgram(read) };
}

function withOtherEnds(axis: ProgramAxis, random: Seeded): ProgramAxis {
  switch (axis.type) {
    case "regular": {
      const lower = axis.lower === 0 ? 0 : axis.lower * (0.5 + random.fraction());
      return { ...axis, lower, upper: lower + random.pick([0.1, 1, 1.5, 20, 2 ** 40]) };
    }
    case "integer": {
      const by = random.below(20);
      return { ...axis, lower: axis.lower + by, upper: axis.upper + by };
    }
    case "variable":
      return { ...axis, edges: axis.edges.map((edge) => edge * 1.25) };
    default:
      return axis;
  }
}

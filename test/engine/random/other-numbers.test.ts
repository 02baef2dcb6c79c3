/**
 * Random whole queries, run with code that was compiled for the same query with other numbers: cuts, factors, ends of axes. Code that looked at a number, as it was
 * compiled, would be another one, or give other bits.
 *
 * FEMTOQ_TEST_SEED repeats a failure or starts elsewhere; FEMTOQ_TEST_CASES is how many queries are compared.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compileAlike } from "../../../engine/compile/alike/compile-alike.ts";
import { compileProgram } from "../../../engine/compile/compile-program.ts";
import { encodePartial } from "../../../engine/histogram/partial.ts";
import { type Program, type ProgramAxis, writeNumber, writeProgram } from "../../../engine/program/program.ts";
import { readTerms, writeSource } from "../../../engine/program/source.ts";
import { Terms } from "../../../engine/program/term.ts";
import type { OneProgram } from "../../../engine/query/make-program.ts";
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
      const changed = withOtherNumbers(one, dataset, random);
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

function withOtherNumbers(
  { program, terms }: OneProgram,
  { schema }: InMemoryDataset,
  random: Seeded,
): Pick<OneProgram, "program" | "terms"> {
  const number = (value: number): number => {
    if (value === 0 || random.chance(0.2)) return value;
    if (random.chance(0.02)) return random.pick([0, -0]);
    return random.chance(0.3) ? random.pick(edge) : value * (0.5 + random.fraction());
  };
  const changed: Program = {
    ...program,
    terms: program.terms.map(([operation, literal, ...args]) => [
      operation,
      operation === "number" ? writeNumber(number(Number(literal))) : literal,
      ...args,
    ]),
    histograms: program.histograms.map((histogram) => ({ ...histogram, axes: histogram.axes.map((axis) => withOtherEnds(axis, random)) })),
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

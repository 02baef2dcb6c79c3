/**
 * Runs random queries over a few random events whose columns have known bounds, exact or wider. If a filter is found to be impossible, the partial that is made
 * without reading what follows it equals that of the whole program, byte by byte.
 *
 * FEMTOQ_TEST_SEED repeats a failure or starts with another seed; FEMTOQ_TEST_CASES is how many queries are compared.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compileProgram } from "../../../engine/compile/compile-program.ts";
import { encodePartial } from "../../../engine/histogram/partial.ts";
import { listInputs } from "../../../engine/program/inputs.ts";
import { rootsOf, writeProgram } from "../../../engine/program/program.ts";
import { readTerms, writeSource } from "../../../engine/program/source.ts";
import { reachable, Terms } from "../../../engine/program/term.ts";
import { QueryError } from "../../../engine/query/query-error.ts";
import { ScratchExhausted } from "../../../engine/run/run-program.ts";
import type { KnownBounds } from "../../../engine/skip/bounds.ts";
import { findImpossible, programBefore } from "../../../engine/skip/impossible-filter.ts";
import { completePartial } from "../../../engine/skip/skipped-partial.ts";
import { type InMemoryDataset, makeDataset } from "../../support/engine/in-memory-dataset.ts";
import { randomHistogram, writeHistogram } from "../../support/engine/random/random-histogram.ts";
import { type PreparedQuery, prepareQuery, runPrepared } from "../../support/engine/run-query.ts";
import { dtypesOf, generateEvents } from "../../support/generate-events.ts";
import { type Seeded, seeded, seedOr } from "../../support/seeded.ts";
import { knownBoundsOf } from "../../support/skip/known-bounds.ts";
import { randomFilters } from "../../support/skip/random-filters.ts";

const cases = Number(process.env.FEMTOQ_TEST_CASES ?? 150);
const queriesOfOneDataset = 10;

for (const missing of [false, true]) {
  test(`a partial without what follows an impossible filter has the same bytes, ${missing ? "with missing values" : "with every value there"}`, async () => {
    const first = seedOr(missing ? 1_000_000 : 0);
    const counts = { compared: 0, skipped: 0 };
    for (let done = 0; done < cases / 2; done += queriesOfOneDataset) {
      const random = seeded(first + done);
      const dataset = makeDataset(generateEvents(random, 1 + random.below(4), missing), { ...dtypesOf(missing), entry: "uint32" });
      for (let query = 0; query < queriesOfOneDataset; query++) await compareOne(random, { dataset, missing, counts, seed: first + done });
    }
    assert(counts.compared > 0.4 * cases, `${counts.compared} queries were compared`);
    assert(counts.skipped > 0.1 * counts.compared, `${counts.skipped} of them have an impossible filter`);
  });
}

interface Comparing {
  readonly dataset: InMemoryDataset;
  readonly missing: boolean;
  readonly counts: { compared: number; skipped: number };
  readonly seed: number;
}

async function compareOne(random: Seeded, { dataset, missing, counts, seed }: Comparing): Promise<void> {
  const { define, filter } = randomFilters(random, missing);
  const query = {
    define,
    filter,
    ...(random.chance(0.5) && { weight: random.pick(["x", "y", "u * 0.1"]) }),
    ...(random.chance(0.4) && { totals: { sum: "y", other: "x * u" } }),
    histograms: { one: writeHistogram(randomHistogram(random)), found: { axes: [{ type: "auto", bins: 20, value: "y" }] } },
  };
  const known = knownBoundsOf(dataset, random);
  const what = `FEMTOQ_TEST_SEED=${seed}: ${JSON.stringify(query)}`;
  try {
    const prepared = prepareQuery(query, dataset.schema);
    const impossible = findImpossible(prepared.planned.terms.filters, dataset.schema.columns, known);
    const whole = runPrepared(prepared, dataset);
    counts.compared++;
    if (impossible === undefined) return;
    counts.skipped++;
    assert.deepEqual(await encodePartial(runBefore(prepared, dataset, { impossible, known })), await encodePartial(whole), what);
  } catch (error) {
    if (error instanceof ScratchExhausted || (error instanceof QueryError && /too large|too deeply/.test(error.message))) return;
    throw new Error(`${what}\n${error instanceof Error ? error.stack : error}`);
  }
}

/** Runs the part before the filter as a node does, from the stored program. */
function runBefore(
  { planned: { program, terms } }: PreparedQuery,
  dataset: InMemoryDataset,
  { impossible, known }: { readonly impossible: number; readonly known: KnownBounds },
) {
  const source = writeSource(terms, dataset.schema);
  const stored = readTerms(program, source, new Terms());
  assert.equal(findImpossible(stored.filters, source.columns, known), impossible);
  const before = programBefore(stored, impossible);
  if (!before) return completePartial(program, { entries: dataset.events.length, filters: [] });
  const schema = { columns: source.columns, unsupported: [] };
  const reduced = { ...before, inputs: listInputs(reachable(rootsOf(before)), schema) };
  const module = new WebAssembly.Module(compileProgram(reduced, schema));
  const planned = { program: writeProgram(reduced), terms: reduced, order: new Map() } as unknown as PreparedQuery["planned"];
  return completePartial(program, runPrepared({ planned, module }, dataset));
}

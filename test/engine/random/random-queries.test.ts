/**
 * Random whole queries with variations, compiled, against what the plain interpreter makes of them.
 *
 * FEMTOQ_TEST_SEED repeats a failure or starts elsewhere; FEMTOQ_TEST_CASES is how many queries are compared.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compileProgram } from "../../../engine/compile/compile-program.ts";
import type { OneProgram } from "../../../engine/query/make-program.ts";
import { storages } from "../../../engine/storages/storages.ts";
import { makeComparedDataset } from "../../support/engine/compare-expressions.ts";
import { answerPlainly, randomQuery, writeQuery } from "../../support/engine/random/random-query.ts";
import { prepareQuery, runPrepared } from "../../support/engine/run-query.ts";
import { TooManySteps, withBudget } from "../../support/engine/step-budget.ts";
import { seeded, seedOr } from "../../support/seeded.ts";

const cases = Number(process.env.FEMTOQ_TEST_CASES ?? 20);

test("a query and each of its variations compute what the rules say: cut flow, totals and histograms", () => {
  const first = seedOr(3_000_000);
  let compared = 0;
  for (let seed = first; seed < first + cases; seed++) {
    try {
      compared += compareOne(seed);
    } catch (cause) {
      if (!(cause instanceof TooManySteps)) throw new Error(`FEMTOQ_TEST_SEED=${seed}: ${cause}`, { cause });
    }
  }
  assert(compared > 0.9 * cases);
});

/** How many programs. */
function compareOne(seed: number): number {
  const random = seeded(seed);
  const dataset = makeComparedDataset(random, true);
  const query = randomQuery(random);
  const written = writeQuery(query);
  const prepared = prepareQuery(written, dataset.schema);
  const { planned } = prepared;
  const programs: readonly (readonly [string, OneProgram])[] = [["", planned], ...planned.variations];
  for (const [name, one] of programs) {
    const what = `${name || "nominal"} of ${JSON.stringify(written)}`;
    const answer = withBudget(() => answerPlainly(query, dataset.references, query.variations[name]));
    const module = name ? new WebAssembly.Module(compileProgram(one.terms, dataset.schema)) : prepared.module;
    const { filters, totals, histograms } = runPrepared({ planned: { ...planned, ...one }, module }, dataset);
    assert.deepEqual(
      filters.map(({ events }) => events),
      answer.filters.map(({ events }) => events),
      what,
    );
    for (const [total, values] of Object.entries(answer.totals)) {
      const { values: count, nonFinite } = totals![one.totalOrder.get(total)!];
      const finite = values.filter(Number.isFinite);
      assert.deepEqual([count, nonFinite], [finite.length, values.length - finite.length], what);
    }
    for (const [histogram, { storage, cells, fills, nonFinite, nonFiniteSamples }] of Object.entries(answer.histograms)) {
      const found = histograms[one.order.get(histogram)!];
      const counts = [found.storage, found.cells, found.fills, found.nonFinite, found.nonFiniteSamples ?? 0];
      assert.deepEqual(counts, [storage, cells, fills.length, nonFinite, nonFiniteSamples], `${histogram} ${what}`);
      const expected = Object.fromEntries(Object.keys(found.contents).map((quantity) => [quantity, new Float64Array(cells)]));
      for (const { cell, weight, sample } of fills) storages[storage].add(expected, cell, weight, sample);
      assert.deepEqual(dense(found.contents, found.filled, cells), expected, `${histogram} ${what}`);
    }
  }
  return 1;
}

function dense(contents: Readonly<Record<string, Float64Array>>, filled: Float64Array | undefined, cells: number): object {
  if (!filled) return contents;
  return Object.fromEntries(
    Object.entries(contents).map(([name, values]) => {
      const all = new Float64Array(cells);
      for (const [index, cell] of filled.entries()) all[cell] = values[index]!;
      return [name, all];
    }),
  );
}

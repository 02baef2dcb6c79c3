/**
 * Compares compiled random expressions over random events with the results of independent interpreters.
 *
 * FEMTOQ_TEST_SEED repeats a failure or starts with another seed; FEMTOQ_TEST_CASES is how many expressions each test compares.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asJavaScript,
  byTheRules,
  compareQuery,
  evaluateCase,
  makeComparedDataset,
  type Reference,
} from "../../support/engine/compare-expressions.ts";
import { generateCase } from "../../support/engine/random/generate-case.ts";
import { seeded, seedOr } from "../../support/seeded.ts";

const cases = Number(process.env.FEMTOQ_TEST_CASES ?? 1000);
const casesOfOneDataset = 50;

test("compiled expressions are what JavaScript makes of them, where nothing is missing", () => {
  compareAll({ seed: seedOr(1), missing: false }, asJavaScript);
});

test("compiled expressions follow the rules for missing values", () => {
  compareAll({ seed: seedOr(2), missing: true }, byTheRules);
});

function compareAll({ seed, missing }: { readonly seed: number; readonly missing: boolean }, reference: Reference): void {
  let compared = 0;
  for (let first = 0; first < cases; first += casesOfOneDataset) {
    const random = seeded(seed + first);
    const dataset = makeComparedDataset(random, missing);
    const all = Array.from({ length: casesOfOneDataset }, (_, index) => generateCase(random, { missing, prefix: `d${index}_` }));
    const known = all.flatMap((expression) => evaluateCase(dataset, expression, reference) ?? []);
    while (known.length > 0) {
      const some = known.splice(0, 1 + random.below(3));
      try {
        compared += compareQuery(some, dataset, random);
      } catch (cause) {
        throw new Error(`FEMTOQ_TEST_SEED=${seed + first}, the first ${casesOfOneDataset} expressions: ${cause}`, { cause });
      }
    }
  }
  assert(compared > 0.9 * cases, `only ${compared} expressions were compared`);
}

/**
 * Random histograms of random events, filled by the compiled program, against plain JavaScript.
 *
 * FEMTOQ_TEST_SEED repeats a failure or starts elsewhere; FEMTOQ_TEST_CASES is how many histograms are compared.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Merger } from "../../../engine/histogram/merge.ts";
import type { PartialResult } from "../../../engine/histogram/partial.ts";
import { storages } from "../../../engine/storages/storages.ts";
import { makeDataset } from "../../support/engine/in-memory-dataset.ts";
import { fillPlainly, randomHistogram, writeHistogram } from "../../support/engine/random/random-histogram.ts";
import { prepareQuery, runPrepared, runQuery } from "../../support/engine/run-query.ts";
import { dtypesOf, generateEvents } from "../../support/generate-events.ts";
import { seeded, seedOr } from "../../support/seeded.ts";

const cases = Number(process.env.FEMTOQ_TEST_CASES ?? 400);

for (const missing of [false, true]) {
  test(`every kind of histogram is filled as plain JavaScript does it, ${missing ? "missing values left out" : "with every value there"}`, () => {
    const first = seedOr(missing ? 1_000_000 : 0);
    for (let done = 0; done < cases / 2; done += 10) {
      const random = seeded(first + done);
      const dataset = makeDataset(generateEvents(random, 200, missing), { ...dtypesOf(missing), entry: "uint32" });
      const histograms = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`h${index}`, randomHistogram(random)]));
      const query = { histograms: Object.fromEntries(Object.entries(histograms).map(([name, each]) => [name, writeHistogram(each)])) };
      const result = runQuery(query, dataset);
      for (const [name, histogram] of Object.entries(histograms)) {
        const { storage, cells, fills, nonFinite, nonFiniteSamples = 0, contents } = result.histogram(name);
        const plain = fillPlainly(histogram, dataset.events);
        const expected = Object.fromEntries(Object.keys(contents).map((quantity) => [quantity, new Float64Array(plain.cells)]));
        for (const { cell, weight, sample } of plain.fills) storages[storage].add(expected, cell, weight, sample);
        const what = `FEMTOQ_TEST_SEED=${first + done}: ${JSON.stringify(query.histograms[name])}`;
        const counts = [plain.cells, plain.fills.length, plain.nonFinite, plain.nonFiniteSamples];
        assert.deepEqual([cells, fills, nonFinite, nonFiniteSamples], counts, what);
        assert.deepEqual(contents, expected, what);
      }
    }
  });
}

test("every kind of histogram merges to the same bits in any order of its partials, thinned out or not", () => {
  const first = seedOr(2_000_000);
  for (let done = 0; done < cases / 2; done += 10) {
    const random = seeded(first + done);
    const dataset = makeDataset(generateEvents(random, 100, true), { ...dtypesOf(true), entry: "uint32" });
    const histograms = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`h${index}`, writeHistogram(randomHistogram(random))]));
    const prepared = prepareQuery({ histograms }, dataset.schema);
    const parts = [0, 15, 16, 60].map((from, index, all) => runPrepared(prepared, dataset, { from, to: all[index + 1] ?? 100 }));
    const merge = (some: readonly PartialResult[]) => {
      const merger = new Merger(prepared.planned.program);
      for (const part of some) merger.add(part);
      return merger.read();
    };
    const merged = merge(parts);
    const what = `FEMTOQ_TEST_SEED=${first + done}`;
    assert.deepEqual(merge([parts[2], parts[0], parts[3], parts[1]]), merged, what);
    for (const [index, { fills, contents }] of merge([runPrepared(prepared, dataset)]).histograms.entries()) {
      assert.equal(merged.histograms[index].fills, fills, what);
      const [counted] = Object.keys(contents);
      if (counted === "counts") assert.deepEqual(merged.histograms[index].contents.counts, contents.counts, what);
    }
  }
});

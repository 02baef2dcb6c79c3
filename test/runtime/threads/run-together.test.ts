import assert from "node:assert/strict";
import { test } from "node:test";
import { CannotRunTogether } from "../../../engine/compile/compile-together.ts";
import { writeSource } from "../../../engine/program/source.ts";
import { makeProgram } from "../../../engine/query/make-program.ts";
import { readQuery } from "../../../engine/query/query.ts";
import { runTogether } from "../../../runtime/threads/run-together.ts";
import { makeDataset } from "../../support/engine/in-memory-dataset.ts";

const dataset = makeDataset(Array.from({ length: 100 }, (_, x) => ({ x, y: 2 * x, Hit: [{ z: x }, { z: 1 }] })));

/** Runs these queries together, and gives their partials and how many modules were compiled. */
async function run(queries: readonly object[]) {
  const programs = queries.map((query) => {
    const { terms, program } = makeProgram(readQuery({ dataset: "test", ...query }), dataset.schema);
    return { program, source: writeSource(terms, dataset.schema) };
  });
  const work = dataset.work(1 << 18);
  const runs = programs.map(({ program }, index) => ({
    programKey: JSON.stringify(queries[index]),
    slab: 0,
    entries: dataset.events.length,
    addresses: dataset.load(program.inputs, 0, dataset.events.length),
    work,
  }));
  const { Module } = WebAssembly;
  let compiled = 0;
  WebAssembly.Module = class extends Module {
    constructor(bytes: BufferSource) {
      compiled++;
      super(bytes);
    }
  } as typeof Module;
  try {
    const partials = await runTogether(runs, programs, { memory: dataset.memory, entries: dataset.events.length, onWait: () => {} });
    return { partials, compiled };
  } finally {
    WebAssembly.Module = Module;
  }
}

const cuts = (...all: readonly number[]) =>
  all.map((cut) => ({
    filter: `x > ${cut}`,
    histograms: { y: { axes: [{ type: "regular", bins: 10, lower: 0, upper: 200, value: "y" }] } },
  }));

test("programs that differ from others in numbers only are run by their module", async () => {
  const first = await run(cuts(20, 30));
  const second = await run(cuts(40, 50));
  const again = await run(cuts(20, 30));
  assert.deepEqual([first.compiled, second.compiled, again.compiled], [1, 0, 0]);
  assert.notDeepEqual(second.partials, first.partials);
  assert.deepEqual(again.partials, first.partials);
});

test("programs of several shapes are run by their module in any order, and each gives its own partial", async () => {
  const two = (cut: number) => [...cuts(cut), { histograms: { x: { axes: [{ type: "integer", lower: 0, upper: 9, value: "x" }] } } }];
  const first = await run(two(61));
  const second = await run(two(62).toReversed());
  const again = await run(two(61).toReversed());
  assert.deepEqual([first.compiled, second.compiled, again.compiled], [1, 0, 0]);
  assert.deepEqual(again.partials, first.partials.toReversed());
  assert.deepEqual(second.partials[0], first.partials[1]);
});

test("what would be too large together is refused, also with other numbers", async () => {
  const many = (step: number) =>
    Array.from({ length: 130 }, (_, index) => {
      const scaled = `Hit.map(h => ({ ...h, z: h.z * ${1 + step * (index + 1)} }))`;
      const value = `${scaled}.pairs().filter((a, b) => a.z < b.z).map((a, b) => sqrt(a.z * b.z) + exp(a.z) + sin(b.z))`;
      return { histograms: { h: { axes: [{ type: "regular", bins: 10, lower: 0, upper: 200, value }] } } };
    });
  for (const step of [0.125, 0.25]) await assert.rejects(async () => await run(many(step)), CannotRunTogether);
});

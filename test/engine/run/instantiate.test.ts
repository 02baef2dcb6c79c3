import assert from "node:assert/strict";
import { test } from "node:test";
import { type CodeCache, compileAlike, type KnownCode } from "../../../engine/compile/alike/compile-alike.ts";
import { makeProgram } from "../../../engine/query/make-program.ts";
import { readQuery } from "../../../engine/query/query.ts";
import { type Instance, withInstance } from "../../../engine/run/instantiate.ts";
import { makeDataset } from "../../support/engine/in-memory-dataset.ts";
import { runPrepared } from "../../support/engine/run-query.ts";
import { histogramOf } from "../../support/find-issues.ts";

const dataset = makeDataset(Array.from({ length: 1000 }, (_, index) => ({ x: index })));

/** The events below 700, or below another number, with the code of the same module. */
async function openModule() {
  const known: CodeCache = new Map<string, KnownCode>();
  const compile = async (cut: number) => {
    const planned = makeProgram(readQuery({ dataset: "test", filter: `x < ${cut}`, histograms: { h: histogramOf("x") } }), dataset.schema);
    return { planned, ...(await compileAlike(planned.terms, dataset.schema, known)) };
  };
  const first = await compile(700);
  const module = new WebAssembly.Module(first.module);
  const count = (numbers?: readonly number[]): number => {
    const { planned } = first;
    return runPrepared(numbers ? { planned, module, numbers } : { planned, module }, dataset).histograms[0].fills;
  };
  return { module, count, numbersOf: async (cut: number) => (await compile(cut)).numbers! };
}

test("runs of one module compute with their own numbers, one after the other", async () => {
  const { count, numbersOf } = await openModule();
  assert.equal(count(await numbersOf(300)), 300);
  assert.equal(count(await numbersOf(500)), 500);
  assert.equal(count(await numbersOf(300)), 300);
});

test("a run without numbers computes with those that the module was compiled with, whatever ran before", async () => {
  const { count, numbersOf } = await openModule();
  assert.equal(count(), 700);
  assert.equal(count(await numbersOf(300)), 300);
  assert.equal(count(), 700);
});

test("withInstance gives the instance of the last run again, unless that failed or memory or kind of numbers are others", async () => {
  const { module } = await openModule();
  const { memory } = dataset;
  const get = (options: { memory: WebAssembly.Memory; hasNumbers: boolean }) => withInstance(module, options, (instance) => instance);
  const first = get({ memory, hasNumbers: true });
  assert.equal(get({ memory, hasNumbers: true }), first);
  const second = get({ memory, hasNumbers: false });
  assert.notEqual(second, first);
  const failing: Instance[] = [];
  const fail = (instance: Instance) => {
    failing.push(instance);
    throw new Error("it failed");
  };
  assert.throws(() => withInstance(module, { memory, hasNumbers: false }, fail), /it failed/);
  assert.deepEqual(failing, [second]);
  const third = get({ memory, hasNumbers: false });
  assert.notEqual(third, second);
  const other = makeDataset([{ x: 1 }]).memory;
  assert.notEqual(get({ memory: other, hasNumbers: false }), third);
});

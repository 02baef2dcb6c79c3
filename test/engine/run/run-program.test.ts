import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { runPhase, runPhases, stopFlag, turnFlag } from "../../../engine/compile/work-area.ts";
import { computePartial, RunStopped, ScratchExhausted, workBytes } from "../../../engine/run/run-program.ts";
import { makeDataset } from "../../support/engine/in-memory-dataset.ts";
import { prepareQuery, runPrepared, runQuery } from "../../support/engine/run-query.ts";
import { histogramOf } from "../../support/find-issues.ts";

const crowded = makeDataset([{ x: 1, list: Array.from({ length: 400 }, (_, index) => index / 7) }]);
const pairsOfSelected = { histograms: { h: histogramOf("list.filter(v => v >= 0).pairs().map((a, b) => a * b)") } };

test("computePartial throws ScratchExhausted where one event needs more, and gives the same as ever when it has it", () => {
  const prepared = prepareQuery(pairsOfSelected, crowded.schema);
  assert.throws(() => runPrepared(prepared, crowded, { scratch: 1599 }), ScratchExhausted);
  assert.deepEqual(runPrepared(prepared, crowded, { scratch: 1600 }), runPrepared(prepared, crowded));
  assert.equal(runPrepared(prepared, crowded).histograms[0].fills, (400 * 399) / 2);
});

test("computePartial takes scratch anew for each event and each turn of a loop", () => {
  const dataset = makeDataset(Array.from({ length: 5000 }, () => ({ list: [3, 1, 2] })));
  const value = "list.map(v => list.filter(w => w < v).pairs().length)";
  const prepared = prepareQuery({ histograms: { h: histogramOf(value) } }, dataset.schema);
  const { histograms } = runPrepared(prepared, dataset, { scratch: 64 });
  assert.equal(histograms[0].fills, 15_000);
});

test("computePartial refuses a work area that cannot hold the histograms", () => {
  const { planned, module } = prepareQuery(pairsOfSelected, crowded.schema);
  const { program } = planned;
  const work = crowded.work(workBytes(program, 0));
  const request = { program, module, memory: crowded.memory, entries: 1, addresses: crowded.load(program.inputs, 0, 1) };
  assert.throws(
    () => computePartial({ ...request, work: { ...work, bytes: work.bytes - 16 } }),
    /Cannot run in \d+ bytes: the histograms need \d+/,
  );
});

test("computePartial stops before it starts where its flag is set", () => {
  const { planned, module } = prepareQuery(pairsOfSelected, crowded.schema);
  const { program } = planned;
  const work = crowded.work(workBytes(program, 1 << 16));
  Atomics.store(new Int32Array(crowded.memory.buffer, work.address, 1), 0, 1);
  const addresses = crowded.load(program.inputs, 0, 1);
  assert.throws(() => computePartial({ program, module, memory: crowded.memory, entries: 1, addresses, work }), RunStopped);
});

const endless = {
  "pairs of one event": "list.pairs().map((a, b) => list.pairs().some((c, d) => c + d < a - 1e9) ? 1 : b)",
  "functions inside one another": "list.map(a => list.sum(b => list.sum(c => list.sum(d => a + b * c - d))))",
  "functions that test": "list.map(a => list.some(b => !list.every(c => !list.some(d => a + b + c + d < 0))) ? 1 : 2)",
};

for (const [what, value] of Object.entries(endless)) {
  test(`computePartial waits for its turn and stops inside a block, in the midst of ${what}`, { timeout: 60_000 }, async () => {
    const { planned, module } = prepareQuery({ histograms: { h: histogramOf(value) } }, crowded.schema);
    const { program } = planned;
    const work = crowded.work(workBytes(program, 1 << 20));
    const addresses = crowded.load(program.inputs, 0, 1);
    const waited = holdUpAndStop(crowded.memory, work.address);
    const began = performance.now();
    assert.throws(() => computePartial({ program, module, memory: crowded.memory, entries: 1, addresses, work }), RunStopped);
    assert(performance.now() - began < 10_000, "it was stopped long after it was asked");
    assert(await waited, "it did not wait when its turn was over");
  });
}

/** Another thread takes this one's turn after 200 ms, sees whether it waits, and tells it to stop; this one is busy all the while. */
function holdUpAndStop(memory: WebAssembly.Memory, address: number): Promise<boolean> {
  const code = `
    const { workerData, parentPort } = require("node:worker_threads");
    const flags = new Int32Array(workerData.buffer, workerData.address, 4);
    const [stop, turn, phase] = workerData.places;
    const pause = (milliseconds) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
    pause(200);
    Atomics.store(flags, turn, 1);
    for (let tries = 0; tries < 500 && Atomics.load(flags, phase) !== workerData.waiting; tries++) pause(10);
    parentPort.postMessage(Atomics.load(flags, phase) === workerData.waiting);
    Atomics.store(flags, stop, 1);
    Atomics.store(flags, turn, 0);
    Atomics.notify(flags, turn);
  `;
  const places = [stopFlag, turnFlag, runPhase].map((at) => at / 4);
  const worker = new Worker(code, { eval: true, workerData: { buffer: memory.buffer, address, places, waiting: runPhases.waiting } });
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.once("message", resolve);
  });
}

test("computePartial gives the same in a work area full of anything", () => {
  const query = {
    filter: "list.length > 3",
    weight: "x",
    histograms: { h: histogramOf("list[2]"), none: histogramOf("list.filter(v => v < 0)[0]") },
  };
  const [first, second] = [runQuery(query, crowded), runQuery(query, crowded)];
  assert.deepEqual(first.histogram("h"), second.histogram("h"));
  assert.deepEqual([first.histogram("h").fills, first.histogram("none").fills], [1, 0]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { createSlabs } from "../../../datasets/cache/slab.ts";
import { warmUp } from "../../../runtime/start/warm-up/warm-up.ts";
import { WorkerPool } from "../../../runtime/threads/worker-pool.ts";
import { recordingLog, silent } from "../silent-log.ts";

async function withWorkers(threads: number, use: (compute: Parameters<typeof warmUp>[0]["compute"] & object) => Promise<void>) {
  const slabs = createSlabs(2 ** 26);
  const workers = new WorkerPool({ threads, memories: slabs.map(({ memory }) => memory), log: silent });
  try {
    await use({ slabs, admitWaiting: () => {}, workers, threads });
  } finally {
    await workers.close();
  }
}

test("the sample query goes through all its events on the threads, those in Parquet again and again, and leaves nothing in memory", async () => {
  await withWorkers(2, async (compute) => {
    const { log, lines } = recordingLog();
    const runs: number[] = [];
    const run: WorkerPool["run"] = (job, programs, payer) => {
      runs.push(job.programs.length);
      return compute.workers.run(job, programs, payer);
    };
    const workers = { load: compute.workers.load, run };
    const freed: number[] = [];
    const admitWaiting = () => void freed.push(...compute.slabs.map(({ used }) => used));
    assert.equal(await warmUp({ compute: { ...compute, workers, admitWaiting }, signal: new AbortController().signal, log }), 64 + 1024);
    const ran = runs.reduce((sum, count) => sum + count, 0);
    assert.equal(ran, 2 + 2 * 16);
    assert.deepEqual(new Set(freed), new Set([0]), "who waits for room is served when it is free again");
    assert.deepEqual(
      compute.slabs.map(({ used }) => used),
      [0],
    );
    assert.deepEqual(lines, []);
  });
});

test("where the server stops meanwhile, the sample query ends in silence and gives its memory back", async () => {
  await withWorkers(1, async (compute) => {
    const { log, lines } = recordingLog();
    const stopping = new AbortController();
    const run: WorkerPool["run"] = (...job) => {
      stopping.abort(new Error("The server is stopping"));
      return compute.workers.run(...job);
    };
    const workers = { load: compute.workers.load, run };
    assert.equal(await warmUp({ compute: { ...compute, workers }, signal: stopping.signal, log }), 0);
    assert.equal(compute.slabs[0]!.used, 0);
    assert.deepEqual(lines, []);
  });
});

test("a process that computes nothing plans the sample query, and a failure is told", async () => {
  const { log, lines } = recordingLog();
  assert.equal(await warmUp({ signal: new AbortController().signal, log }), 0);
  assert.deepEqual(lines, []);
  const workers = { load: () => assert.fail("no thread"), run: () => assert.fail("nothing was loaded") };
  const compute = { slabs: createSlabs(2 ** 20), admitWaiting: () => {}, workers, threads: 1 };
  assert.equal(await warmUp({ compute, signal: new AbortController().signal, log }), 0);
  assert.deepEqual(
    lines.map(({ level, message }) => [level, message]),
    [["warn", "the sample query failed; the first queries will take longer"]],
  );
});

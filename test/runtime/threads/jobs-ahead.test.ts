import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Slab } from "../../../datasets/cache/slab.ts";
import { runPhase, runPhases } from "../../../engine/compile/work-area.ts";
import { RunStopped } from "../../../engine/run/run-program.ts";
import type { Payer } from "../../../functions/compute/executor.ts";
import type { ReadyProgram } from "../../../runtime/node/program-cache.ts";
import { BegunRun } from "../../../runtime/threads/begun-run.ts";
import type { QueuedJob } from "../../../runtime/threads/job-queues.ts";
import { type AheadThread, postAhead } from "../../../runtime/threads/jobs-ahead.ts";
import { LoadsBefore } from "../../../runtime/threads/loads-before.ts";
import { WorkerPool, type WorkerPoolOptions } from "../../../runtime/threads/worker-pool.ts";
import { WorkerCrashed } from "../../../runtime/threads/worker-thread.ts";
import { until } from "../../support/until.ts";
import { recordingLog } from "../silent-log.ts";
import { endless, steady } from "./hand-made-modules.ts";

const manyEvents = 2 ** 31 - 1;

function openPool(t: TestContext, options: Partial<WorkerPoolOptions> = {}) {
  const slab = new Slab(0, 1 << 20);
  const pool = new WorkerPool({ threads: 1, memories: [slab.memory], log: recordingLog().log, ...options });
  t.after(() => pool.close());
  const run = (program: ReadyProgram, entries: number, payer?: Payer) => {
    const { programKey } = program;
    const work = slab.allocate(1024)!;
    const running = pool.run(
      { kind: "run", programs: [{ programKey, slab: 0, entries, addresses: [], work }] },
      [program],
      payer && { payer },
    );
    const phase = new Int32Array(slab.memory.buffer, work.address + runPhase, 1);
    return { ...running, phase: () => Atomics.load(phase, 0) };
  };
  return { pool, run };
}

type Run = ReturnType<ReturnType<typeof openPool>["run"]>;

const by = (client: string): Payer => ({ client, priority: 500 });
const kinds = async ({ done }: Run) => (await done).map((outcome) => (outcome.kind === "failed" ? outcome.failure.kind : outcome.kind));
const hasBegun = (run: Run) => until(() => run.begun() !== undefined);

/** Holds up this thread for as long as the condition is false. */
function blockUntil(condition: () => boolean): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let looks = 0; !condition(); looks++) {
    assert.ok(looks < 10_000, "it did not happen while the main thread was held up");
    Atomics.wait(pause, 0, 0, 1);
  }
}

test("WorkerPool: a thread begins its next run when it has ended one, though the main thread hears of neither", async (t) => {
  const { run } = openPool(t);
  const [one, next] = [run(steady("p"), 2_000), run(steady("p"), 2_000)];
  await hasBegun(one);
  blockUntil(() => next.phase() === runPhases.ended);
  assert.deepEqual([await kinds(one), await kinds(next)], [["partial"], ["partial"]]);
});

test("WorkerPool never runs what is cancelled before the thread that has it ahead has begun it", async (t) => {
  const { run } = openPool(t);
  const one = run(steady("p"), manyEvents);
  await hasBegun(one);
  const next = run(steady("p"), 1_000);
  assert.equal(next.cancel(), true);
  await assert.rejects(next.done, RunStopped);
  one.stop(0);
  assert.deepEqual(await kinds(one), ["stopped"]);
  assert.deepEqual(await kinds(run(steady("p"), 1_000)), ["partial"]);
  assert.equal(next.phase(), 0);
});

test("WorkerPool stops a run that is posted ahead as soon as the thread begins it", async (t) => {
  const { run } = openPool(t);
  const one = run(steady("p"), manyEvents);
  await hasBegun(one);
  const next = run(steady("p"), manyEvents);
  next.stop(0);
  one.stop(0);
  assert.deepEqual([await kinds(one), await kinds(next)], [["stopped"], ["stopped"]]);
});

test("WorkerPool cannot cancel what a thread has begun that was posted ahead, and stops it", async (t) => {
  const { run } = openPool(t);
  const one = run(steady("p"), 2_000);
  await hasBegun(one);
  const next = run(steady("p"), manyEvents);
  blockUntil(() => next.phase() === runPhases.computing);
  assert.equal(next.cancel(), false);
  next.stop(0);
  assert.deepEqual([await kinds(one), await kinds(next)], [["partial"], ["stopped"]]);
});

test("WorkerPool gives what is posted ahead to a thread that is free before", async (t) => {
  const { run } = openPool(t, { threads: 2 });
  const hogs = [run(steady("p"), manyEvents), run(steady("p"), manyEvents)] as const;
  for (const hog of hogs) await hasBegun(hog);
  const next = [run(steady("p"), 1_000), run(steady("p"), 1_000)] as const;
  hogs[1].stop(0);
  assert.deepEqual(await Promise.all(next.map(kinds)), [["partial"], ["partial"]]);
  hogs[0].stop(0);
  assert.deepEqual(await Promise.all(hogs.map(kinds)), [["stopped"], ["stopped"]]);
});

test("WorkerPool runs what is posted ahead elsewhere when its thread is ended", async (t) => {
  const { run } = openPool(t, { patience: 1 });
  const hog = run(endless("hog"), manyEvents);
  await hasBegun(hog);
  const next = run(steady("p"), 1_000);
  hog.stop(0);
  assert.deepEqual([await kinds(hog), await kinds(next)], [["stopped"], ["partial"]]);
});

test("WorkerPool runs again what was posted ahead and begun by a thread that crashed before it answered the job before it", async (t) => {
  const { run } = openPool(t, { entry: new URL("./fake-runner.mjs", import.meta.url) });
  const crashing = run(steady("crash"), 1);
  const next = run(steady("p"), 1);
  await assert.rejects(crashing.done, WorkerCrashed);
  assert.deepEqual(await kinds(next), ["partial"]);
});

test("WorkerPool has all of several clients' runs come to their end where turns change while some are posted ahead", async (t) => {
  const { run } = openPool(t);
  const hogs = [
    run(steady("hog"), 40_000, by("mallory")),
    run(steady("hog"), 1_000, by("mallory")),
    run(steady("hog"), 1_000, by("mallory")),
  ];
  await hasBegun(hogs[0]!);
  const others = ["alice", "bob"].map((client) => run(steady(client), 20_000, by(client)));
  assert.deepEqual(await Promise.all([...hogs, ...others].map(kinds)), Array(5).fill(["partial"]));
});

test("WorkerPool loses none of many short runs, of which one is posted ahead as soon as the one before it is begun", async (t) => {
  const { run } = openPool(t);
  const runs = Array.from({ length: 400 }, (_, index) => run(steady("p"), 1, by(["alice", "bob"][Math.floor(index / 50) % 2]!)));
  assert.deepEqual(await Promise.all(runs.map(kinds)), Array(runs.length).fill(["partial"]));
});

test("WorkerPool.close fails what is posted ahead, too", async (t) => {
  const { pool, run } = openPool(t);
  const one = run(steady("p"), manyEvents);
  await hasBegun(one);
  const failing = [one, run(steady("p"), 1_000)].map(({ done }) => assert.rejects(done, WorkerCrashed));
  await pool.close();
  await Promise.all(failing);
});

/** Makes a thread that computes, and that remembers what is posted ahead to it; `begin` makes it begin that. */
function fakeThread() {
  let ahead: string | undefined;
  let begun = false;
  const thread: AheadThread = {
    get hasAhead() {
      return ahead !== undefined;
    },
    postAhead(job) {
      ahead = job.programs[0]!.programKey;
    },
    takeBack() {
      if (!begun) ahead = undefined;
      return !begun;
    },
  };
  return {
    thread,
    ahead: () => ahead,
    begin: () => {
      begun = true;
    },
  };
}

function waitingRun(name: string, client: string): QueuedJob {
  const job = {
    kind: "run",
    programs: [{ programKey: name, slab: 0, entries: 1, addresses: [], work: { address: 0, bytes: 64 } }],
  } as const;
  const governed = new BegunRun(job, [new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })], 1_000);
  const run = { governed, loads: new LoadsBefore([], {}), payer: by(client), query: "q", isFresh: true, charged: 0 };
  return { job, programs: [], run, resolve() {}, reject() {} };
}

test("postAhead posts one run to each thread that computes, of the query whose turn is next and of no other", () => {
  const threads = [fakeThread(), fakeThread(), fakeThread()];
  const [a, b, c, d] = [waitingRun("a", "alice"), waitingRun("b", "alice"), waitingRun("c", "bob"), waitingRun("d", "alice")];
  const post = (waiting: readonly QueuedJob[]) => {
    postAhead(
      threads.map(({ thread }) => thread),
      waiting,
    );
    return threads.map(({ ahead }) => ahead());
  };
  assert.deepEqual(post([a, b, c, d]), ["a", "b", undefined]);
  assert.deepEqual(post([b, a, d, c]), ["a", "b", "d"]);
  assert.deepEqual(post([c, a, b, d]), ["c", undefined, undefined]);
});

test("postAhead leaves a run that its thread has begun where it is", () => {
  const threads = [fakeThread(), fakeThread()];
  const computing = threads.map(({ thread }) => thread);
  const [a, b] = [waitingRun("a", "alice"), waitingRun("b", "bob")];
  postAhead(computing, [a]);
  threads[0]!.begin();
  postAhead(computing, [b, a]);
  assert.deepEqual(
    threads.map(({ ahead }) => ahead()),
    ["a", "b"],
  );
  assert.deepEqual([a.ahead, b.ahead], computing);
});

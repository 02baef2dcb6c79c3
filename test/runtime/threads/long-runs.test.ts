import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Slab } from "../../../datasets/cache/slab.ts";
import type { Payer } from "../../../functions/compute/executor.ts";
import type { ReadyProgram } from "../../../runtime/node/program-cache.ts";
import { WorkerPool, type WorkerPoolOptions } from "../../../runtime/threads/worker-pool.ts";
import { until } from "../../support/until.ts";
import { recordingLog } from "../silent-log.ts";
import { endless, steady } from "./hand-made-modules.ts";

const manyEvents = 2 ** 31 - 1;

function openPool(t: TestContext, options: Partial<WorkerPoolOptions> = {}) {
  const slab = new Slab(0, 1 << 20);
  const { log, lines } = recordingLog();
  const pool = new WorkerPool({ threads: 1, memories: [slab.memory], log, ...options });
  t.after(() => pool.close());
  const run = (programs: readonly ReadyProgram[], entries: number, payer?: Payer) => {
    const runs = programs.map(({ programKey }) => ({ programKey, slab: 0, entries, addresses: [], work: slab.allocate(1024)! }));
    return pool.run({ kind: "run", programs: runs }, programs, payer && { payer });
  };
  return { pool, run, lines };
}

const by = (client: string, priority = 500): Payer => ({ client, priority });
const kinds = async ({ done }: ReturnType<WorkerPool["run"]>) =>
  (await done).map((outcome) => (outcome.kind === "failed" ? outcome.failure.kind : outcome.kind));

test("WorkerPool lets a run that comes later end while an endless one of another client computes, whatever its priority", async (t) => {
  const { run } = openPool(t);
  const hog = run([steady("hog")], manyEvents, by("mallory", 0));
  await until(() => hog.begun() !== undefined);
  for (const priority of [0, 500, 999]) assert.deepEqual(await kinds(run([steady("small")], 1_000, by("alice", priority))), ["partial"]);
  hog.stop(0);
  assert.deepEqual(await kinds(hog), ["stopped"]);
});

test("WorkerPool lets a run end beside one that leaves no turn", async (t) => {
  const { run } = openPool(t, { patience: 1 });
  const hog = run([endless("hog")], manyEvents, by("mallory"));
  await until(() => hog.begun() !== undefined);
  assert.deepEqual(await kinds(run([steady("small")], 1_000, by("mallory"))), ["partial"]);
  hog.stop(0);
  assert.deepEqual(await kinds(hog), ["stopped"]);
});

test("WorkerPool has as many threads for short runs as may compute at a time, while long ones leave no turn", async (t) => {
  const { pool, run } = openPool(t, { threads: 2, patience: 1 });
  const hogs = ["a", "b"].map((client) => run([endless(client)], manyEvents, by(client)));
  await until(() => hogs.every((hog) => hog.begun() !== undefined));
  while (pool.alive < 4) await Promise.all(["c", "d", "e"].map((client) => kinds(run([steady(client)], 100_000, by(client)))));
  for (const hog of hogs) hog.stop(0);
  for (const hog of hogs) assert.deepEqual(await kinds(hog), ["stopped"]);
});

test("WorkerPool goes on with the run that had to leave its turn: both of two long ones come to their end, on one processor", async (t) => {
  const { run } = openPool(t);
  const [one, other] = [run([steady("p")], 60_000, by("a")), run([steady("q")], 60_000, by("b"))];
  assert.deepEqual(await Promise.all([kinds(one), kinds(other)]), [["partial"], ["partial"]]);
});

test("WorkerPool stops a program that has computed for as long as it may, and no other", async (t) => {
  const { run } = openPool(t, { mostCompute: 1_000 });
  // Less than a block each.
  assert.deepEqual(await kinds(run([steady("a"), steady("b")], 10)), ["partial", "partial"]);
  assert.deepEqual(await kinds(run([steady("a")], manyEvents)), ["limit"]);
});

test("WorkerPool ends a thread that computes on when it was stopped, replaces it, and says which programs were to blame", async (t) => {
  const { pool, run, lines } = openPool(t, { mostCompute: 1_000, patience: 1 });
  assert.deepEqual(await kinds(run([steady("a"), endless("b"), steady("c")], 10)), ["interrupted", "limit", "interrupted"]);
  assert.equal(lines.filter(({ level }) => level === "warn").length, 1);
  assert.deepEqual(await kinds(run([steady("d")], 10)), ["partial"]);
  assert.ok(pool.alive >= 1);
});

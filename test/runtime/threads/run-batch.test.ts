import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Slab } from "../../../datasets/cache/slab.ts";
import type { Payer } from "../../../functions/compute/executor.ts";
import type { ReadyProgram } from "../../../runtime/node/program-cache.ts";
import { createRunBatch } from "../../../runtime/threads/run-batch.ts";
import type { RunJob } from "../../../runtime/threads/worker-messages.ts";
import { WorkerPool } from "../../../runtime/threads/worker-pool.ts";
import { silent } from "../silent-log.ts";
import { steady, trapping } from "./hand-made-modules.ts";

const manyEvents = 2 ** 31 - 1;
const alice: Payer = { client: "alice", priority: 500 };
const bob: Payer = { client: "bob", priority: 500 };

function openBatch(t: TestContext) {
  const slabs = [new Slab(0, 1 << 20), new Slab(1, 1 << 20)] as const;
  const pool = new WorkerPool({ threads: 1, memories: slabs.map(({ memory }) => memory), log: silent });
  t.after(() => pool.close());
  const jobs: RunJob[] = [];
  const workers: Pick<WorkerPool, "run"> = {
    run(job, ...rest) {
      jobs.push(job);
      return pool.run(job, ...rest);
    },
  };
  const batch = createRunBatch(workers);
  const run = (slab: 0 | 1, program: ReadyProgram, { entries = 1_000, payer = alice } = {}) => {
    const { programKey } = program;
    const programs = [{ programKey, slab, entries, addresses: [], work: slabs[slab].allocate(1024)! }];
    return batch.run({ kind: "run", programs }, [program], payer);
  };
  return { run, jobs };
}

const kinds = async ({ done }: ReturnType<WorkerPool["run"]>) =>
  (await done).map((outcome) => (outcome.kind === "failed" ? outcome.failure.kind : outcome.kind));

test("createRunBatch sends runs over several partitions, in whichever slabs, as one job for each payer", async (t) => {
  const { run, jobs } = openBatch(t);
  const program = steady("small");
  const runs = [run(0, program), run(1, program), run(0, program, { payer: bob }), run(1, program)];
  for (const each of runs) assert.deepEqual(await kinds(each), ["partial"]);
  assert.deepEqual(
    jobs.map(({ programs }) => programs.length),
    [3, 1],
  );
});

test("createRunBatch stops one of its runs and gives the others their partials", async (t) => {
  const { run, jobs } = openBatch(t);
  const runs = [run(0, steady("before")), run(0, steady("long"), { entries: manyEvents }), run(1, steady("after"))] as const;
  runs[1].stop(0);
  assert.deepEqual(await Promise.all(runs.map(kinds)), [["partial"], ["stopped"], ["partial"]]);
  assert.equal(jobs.length, 1);
});

test("createRunBatch runs again alone what another's trap kept from running", async (t) => {
  const { run } = openBatch(t);

  const runs = [run(0, steady("before")), run(0, trapping("trap")), run(1, steady("after"))];
  assert.deepEqual(await Promise.all(runs.map(kinds)), [["partial"], ["trap"], ["partial"]]);
});

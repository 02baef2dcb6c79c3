import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Slab } from "../../../../datasets/cache/slab.ts";
import type { Payer } from "../../../../functions/compute/executor.ts";
import type { Place } from "../../../../runtime/node/find-partition.ts";
import type { Leased, LeasingRun } from "../../../../runtime/node/lease-columns.ts";
import type { ReadyProgram } from "../../../../runtime/node/program-cache.ts";
import { runBundle } from "../../../../runtime/node/run-bundle.ts";
import { noTime } from "../../../../runtime/node/run-times.ts";
import type { ProgramOutcome, RunJob } from "../../../../runtime/threads/worker-messages.ts";
import { WorkerPool } from "../../../../runtime/threads/worker-pool.ts";
import { silent } from "../../silent-log.ts";
import { steady, trapping } from "../../threads/hand-made-modules.ts";

const manyEvents = 2 ** 31 - 1;
const alice: Payer = { client: "alice", priority: 500 };
const bob: Payer = { client: "bob", priority: 500 };

interface Asked {
  readonly slab?: 0 | 1;
  readonly entries?: number;
  readonly payer?: Payer;
  readonly stops?: boolean;
}

function openBundle(t: TestContext, { threads = 1 } = {}) {
  const slabs = [new Slab(0, 1 << 20), new Slab(1, 1 << 20)] as const;
  const pool = new WorkerPool({ threads: 1, memories: slabs.map(({ memory }) => memory), log: silent });
  t.after(() => pool.close());
  const jobs: RunJob[] = [];
  const held = { leases: 0 };
  const workers: Pick<WorkerPool, "run"> = {
    run(job, ...rest) {
      jobs.push(job);
      return pool.run(job, ...rest);
    },
  };
  /** Runs subtasks; `undefined` means that its columns are not in memory. Returns the kinds of the outcomes. */
  const run = (...all: readonly (readonly [ReadyProgram, Asked?] | undefined)[]) => {
    const stopping = new AbortController();
    const runs = all.map((each, number) => {
      const [ready = steady("nothing"), { payer = alice, stops = false } = {}] = each ?? [];
      const signal = stops ? stopping.signal : new AbortController().signal;
      return { place: { partition: number, fingerprint: `${number}`, dataset: "d" }, run: { ready, signal, payer, times: { ...noTime } } };
    });
    const leasing = {
      find: (place: Place, run: LeasingRun) => ({ place, run, entries: all[place.partition]?.[1]?.entries ?? 1_000 }),
      leaseNow: () => [],
      count() {},
      held({ partition }: { readonly partition: number }, [run]: readonly LeasingRun[]): Leased | undefined {
        const asked = all[partition];
        if (!asked) return undefined;
        const { slab = 0, entries = 1_000 } = asked[1] ?? {};
        const work = slabs[slab].allocate(1024)!;
        held.leases++;
        const lease = { slab: slabs[slab], work, release: () => held.leases-- } as unknown as Leased["lease"];
        return { lease, payer: run!.payer, runs: [{ ...run!, slab, entries, addresses: [], work }] };
      },
    };
    const onRunning = () => stopping.abort(new Error("nobody wants it"));
    return runBundle(runs, { leasing, workers, threads, onRunning, judge: (outcomes) => outcomes.map(kindOf) });
  };
  return { run, jobs, held };
}

const kindOf = (outcome: ProgramOutcome): string => (outcome.kind === "failed" ? outcome.failure.kind : outcome.kind);

test("runBundle sends runs over several partitions, in whichever slabs, as one job for each payer, and holds nothing after it", async (t) => {
  const { run, jobs, held } = openBundle(t);
  const program = steady("small");
  const kinds = await run([program], [program, { slab: 1 }], [program, { payer: bob }], [program, { slab: 1 }]);
  assert.deepEqual(kinds, ["partial", "partial", "partial", "partial"]);
  assert.deepEqual(
    jobs.map(({ programs }) => programs.length),
    [3, 1],
  );
  assert.equal(held.leases, 0);
});

test("runBundle cuts what has many events into a job for each thread, and what has few into none", async (t) => {
  const { run, jobs, held } = openBundle(t, { threads: 2 });
  const program = steady("p");
  for (const entries of [400_000, 1_000]) {
    const kinds = await run(...[0, 1, 2, 3, 4].map(() => [program, { entries }] as const));
    assert.deepEqual(kinds, Array(5).fill("partial"));
  }
  assert.deepEqual(
    jobs.map(({ programs }) => programs.length),
    [3, 2, 5],
  );
  assert.equal(held.leases, 0);
});

test("runBundle stops one of its runs and gives the others their partials", async (t) => {
  const { run, jobs } = openBundle(t);
  const kinds = await run([steady("before")], [steady("long"), { entries: manyEvents, stops: true }], [steady("after"), { slab: 1 }]);
  assert.deepEqual(kinds, ["partial", "stopped", "partial"]);
  assert.equal(jobs.length, 1);
});

test("runBundle tells what another's trap kept from running from what trapped", async (t) => {
  const { run } = openBundle(t);
  assert.deepEqual(await run([steady("before")], [trapping("trap")], [steady("after"), { slab: 1 }]), ["partial", "trap", "interrupted"]);
});

test("runBundle leaves what is not in memory, and everything where all were stopped before a thread began", async (t) => {
  const { run, held } = openBundle(t);
  assert.deepEqual(await run([steady("here")], undefined), ["partial", undefined]);
  const busy = run([steady("busy"), { entries: 100_000 }]);
  assert.deepEqual(await run([steady("one"), { stops: true }], [steady("two"), { stops: true }]), [undefined, undefined]);
  await busy;
  assert.equal(held.leases, 0);
});

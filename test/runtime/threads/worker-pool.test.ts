import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { getPriority } from "node:os";
import process from "node:process";
import { test } from "node:test";
import { createSlabs, Slab } from "../../../datasets/cache/slab.ts";
import { createCatalogue } from "../../../datasets/catalogue/catalogue.ts";
import type { ColumnLocation } from "../../../datasets/dataset.ts";
import { demoPattern, writeDemoFile } from "../../../datasets/demo/write-demo-file.ts";
import { RunStopped } from "../../../engine/run/run-program.ts";
import { WorkerPool } from "../../../runtime/threads/worker-pool.ts";
import { WorkerCrashed } from "../../../runtime/threads/worker-thread.ts";
import { makeDirectory } from "../../datasets/read-for-test.ts";
import { until } from "../../support/until.ts";
import { recordingLog } from "../silent-log.ts";

const slab = new Slab(0, 65_536);
const entry = new URL("./fake-worker.mjs", import.meta.url);
const location = (name: string, entries: number): ColumnLocation => ({
  file: { path: "/nowhere", size: 0, version: "0" },
  column: { name, dtype: "float64", nullable: false, lists: [] },
  format: "none",
  firstEntry: 0,
  entries,
  elements: [],
  values: entries,
  place: undefined,
});
const never = new AbortController().signal;
const place = { slab, values: { address: 16, bytes: 800 }, offsets: [] };
const load = (pool: WorkerPool, wanted: ColumnLocation, signal: AbortSignal) =>
  pool.load([{ fingerprint: "f", location: wanted, place, signal }])[0]!;

test("WorkerPool fails the job of a thread that crashes, replaces the thread, and goes on with the others", async () => {
  const { log, lines } = recordingLog();
  const pool = new WorkerPool({ threads: 1, memories: [slab.memory], log, entry });
  try {
    const crashing = load(pool, location("crash", 1), never);
    const next = load(pool, location("x", 7), never);
    await assert.rejects(crashing, WorkerCrashed);
    assert.equal((await next).values, 7);
    assert.equal(lines.filter(({ level }) => level === "error").length, 1);
    assert.equal(pool.alive, 1);
  } finally {
    await pool.close();
  }
});

test("WorkerPool ends spare threads that have nothing to do any more, except one, and starts others when they are needed again", async () => {
  const pool = new WorkerPool({ threads: 1, mostThreads: 4, memories: [slab.memory], log: recordingLog().log, spareFor: 50, entry });
  const occupy = (threads: number) => {
    const stop = new AbortController();
    return { stop, loads: Array.from({ length: threads }, () => load(pool, location("endless", 1), stop.signal)) };
  };
  try {
    for (const _ of [1, 2]) {
      const { stop, loads } = occupy(4);
      await until(() => pool.busy === 4);
      stop.abort();
      assert.deepEqual(
        (await Promise.allSettled(loads)).map(({ status }) => status),
        ["rejected", "rejected", "rejected", "rejected"],
      );
      await until(() => pool.alive === 2);
      assert.equal((await load(pool, location("x", 7), never)).values, 7);
    }
  } finally {
    await pool.close();
  }
});

test("WorkerPool ends a load that is aborted, whether it waits or a thread has it, and no other", async () => {
  const pool = new WorkerPool({ threads: 1, memories: [slab.memory], log: recordingLog().log, entry });
  try {
    await load(pool, location("first", 1), never);
    const [one, two, late] = [new AbortController(), new AbortController(), new AbortController()];
    const begun = load(pool, location("endless", 2), one.signal);
    const waiting = load(pool, location("waiting", 3), two.signal);
    const after = load(pool, location("after", 4), late.signal);
    two.abort();
    await assert.rejects(waiting, RunStopped);
    one.abort();
    await assert.rejects(begun, RunStopped);
    assert.equal((await after).values, 4);
    late.abort();
    assert.equal((await load(pool, location("last", 5), never)).values, 5);
  } finally {
    await pool.close();
  }
});

const skip = "Deno" in globalThis && "Deno drops messages that come before a thread listens, as this test's thread does late";

test("WorkerPool: a worker thread ends a load that is aborted while it reads from a disk that would take hours", { skip }, async (t) => {
  const directory = await makeDirectory(t);
  await writeDemoFile(directory, 0);
  const catalogue = createCatalogue([{ name: "demo", pattern: demoPattern(directory) }]);
  const [partition] = (await catalogue.get("demo"))!.partitions;
  const wanted = await catalogue.locate("demo", partition!, "MET_pt");
  const [own] = createSlabs(2 ** 22);
  const values = own!.allocate(wanted.values * 4)!;
  const slow = new URL("./slow-disk-worker.mjs", import.meta.url);
  const pool = new WorkerPool({ threads: 1, memories: [own!.memory], log: recordingLog().log, entry: slow });
  try {
    const abort = new AbortController();
    const loading = pool.load([
      { fingerprint: "f", location: wanted, place: { slab: own!, values, offsets: [] }, signal: abort.signal },
    ])[0]!;
    await until(() => pool.busy === 1);
    abort.abort();
    await assert.rejects(loading, RunStopped);
    assert.equal(pool.alive, 1);
  } finally {
    await pool.close();
  }
});

test("WorkerPool.close fails what is left, and what comes later", async () => {
  const pool = new WorkerPool({ threads: 1, memories: [slab.memory], log: recordingLog().log, entry });
  const left = assert.rejects(load(pool, location("x", 1), never), WorkerCrashed);
  await pool.close();
  await left;
  await assert.rejects(load(pool, location("x", 1), never), WorkerCrashed);
});

test("WorkerPool has its threads leave the processors to the thread that answers people", {
  skip: process.platform !== "linux" && "only Linux has priorities of threads",
}, async () => {
  const own = getPriority();
  const tasksNow = () => readdir("/proc/self/task");
  /** The numbers of those threads that run at a lower priority than this process itself. */
  const lowered = async (tasks: readonly string[]) => {
    const nices = await Promise.all(
      tasks.map(async (task) => {
        const stat = await readFile(`/proc/self/task/${task}/stat`, "utf8").catch(() => "");
        // The name, in parentheses, may have spaces.
        return Number(stat.slice(stat.lastIndexOf(")")).split(" ")[17]);
      }),
    );
    return tasks.filter((_, at) => nices[at]! > own);
  };
  // Other files may share the process, and their threads come and go: on Deno those that run beside this one.
  const before = new Set(await tasksNow());
  const newTasks = async () => (await tasksNow()).filter((task) => !before.has(task));
  const pool = new WorkerPool({ threads: 2, memories: [slab.memory], log: recordingLog().log });
  try {
    await until(() => pool.alive === 2);
    const [started, slow] = [await newTasks(), await lowered(await newTasks())];
    assert(slow.length >= 2);
    // On Node, a thread is lowered before it loads anything, and with it the thread that loads for it.
    if (!("Deno" in globalThis)) assert.deepEqual(slow, started);
    assert.equal(getPriority(), own);
  } finally {
    await pool.close();
  }
});

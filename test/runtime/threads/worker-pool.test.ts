import assert from "node:assert/strict";
import { test } from "node:test";
import { Slab } from "../../../datasets/cache/slab.ts";
import type { ColumnLocation } from "../../../datasets/dataset.ts";
import { WorkerPool } from "../../../runtime/threads/worker-pool.ts";
import { WorkerCrashed } from "../../../runtime/threads/worker-thread.ts";
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
const place = { slab, values: { address: 16, bytes: 800 }, offsets: [] };

test("WorkerPool fails the job of a thread that crashes, replaces the thread, and goes on with the others", async () => {
  const { log, lines } = recordingLog();
  const pool = new WorkerPool({ threads: 1, memories: [slab.memory], log, entry });
  try {
    const crashing = pool.load(location("crash", 1), place).done;
    const next = pool.load(location("x", 7), place).done;
    await assert.rejects(crashing, WorkerCrashed);
    assert.equal(await next, 7);
    assert.equal(lines.filter(({ level }) => level === "error").length, 1);
    assert.equal(pool.alive, 1);
  } finally {
    await pool.close();
  }
});

test("WorkerPool cancels a job that waits, not one that a thread has", async () => {
  const pool = new WorkerPool({ threads: 1, memories: [slab.memory], log: recordingLog().log, entry });
  try {
    await pool.load(location("first", 1), place).done;
    const begun = pool.load(location("begun", 2), place);
    const waiting = pool.load(location("waiting", 3), place);
    assert.equal(waiting.cancel(), true);
    assert.equal(begun.cancel(), false);
    await assert.rejects(waiting.done);
    assert.equal(await begun.done, 2);
  } finally {
    await pool.close();
  }
});

test("WorkerPool.close fails what is left, and what comes later", async () => {
  const pool = new WorkerPool({ threads: 1, memories: [slab.memory], log: recordingLog().log, entry });
  const left = assert.rejects(pool.load(location("x", 1), place).done, WorkerCrashed);
  await pool.close();
  await left;
  await assert.rejects(pool.load(location("x", 1), place).done, WorkerCrashed);
});

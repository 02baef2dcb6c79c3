import assert from "node:assert/strict";
import { test } from "node:test";
import type { SubtaskEvent } from "../../../../coordination/coordinator.ts";
import { WatchedSubtasks } from "../../../../coordination/zookeeper/watching/watched-subtasks.ts";
import { hashName } from "../../../../coordination/zookeeper/znodes/layout.ts";

const key = "program:partition";
const hash = hashName(key);

function watchOne() {
  const watched = new WatchedSubtasks({ onError: (error) => assert.fail(String(error)), onShard: () => {}, onThere: () => {} });
  const heard: SubtaskEvent["kind"][] = [];
  watched.watch(new Set([key]), ({ kind }) => heard.push(kind), new AbortController().signal);
  return { watched, heard };
}

test("WatchedSubtasks tells nobody of the first that is read, and of what follows once", () => {
  const { watched, heard } = watchOne();
  watched.observed(hash, { kind: "unowned" }, 1);
  assert.deepEqual(heard, []);
  for (const order of [2, 3]) watched.observed(hash, { kind: "running" }, order);
  assert.deepEqual(heard, ["running"]);
  watched.happened(hash, { kind: "done" }, 4);
  watched.observed(hash, { kind: "done" }, 5);
  watched.happened(hash, { kind: "done" }, 4);
  assert.deepEqual(heard, ["running", "done"]);
});

test("WatchedSubtasks tells what this process did where a later look was taken in before", () => {
  const { watched, heard } = watchOne();
  watched.observed(hash, { kind: "done" }, 2);
  assert.deepEqual(heard, []);
  for (let times = 0; times < 2; times++) watched.happened(hash, { kind: "done" }, 1);
  assert.deepEqual(heard, ["done"]);
});

test("WatchedSubtasks takes what this process computes for loaded by no look that was asked for before that was on record", () => {
  const { watched, heard } = watchOne();
  watched.happened(hash, { kind: "loading" }, 1);
  watched.happened(hash, { kind: "running" }, 1);
  watched.observed(hash, { kind: "loading" }, 2);
  watched.observed(hash, { kind: "unowned" }, 3);
  watched.observed(hash, { kind: "loading" }, 4);
  watched.happened(hash, { kind: "running" }, 4);
  watched.forgetOrders();
  watched.observed(hash, { kind: "loading" }, 0);
  assert.deepEqual(heard, ["loading", "running", "unowned", "loading", "running", "loading"]);
});

test("WatchedSubtasks tells that something is done, though it was not known or is known to be absent, where that was told later than it was watched", () => {
  const { watched, heard } = watchOne();
  const done = { "+": [], "-": [hash], "=": [], "!": [] };
  watched.changed(done, -1);
  assert.deepEqual(heard, []);
  watched.changed(done, 1);
  watched.changed(done, 1);
  assert.deepEqual(heard, ["done"]);
  watched.changed(done, 2);
  assert.deepEqual(heard, ["done", "done"]);
});

test("WatchedSubtasks tells of a shard, and whether its watcher asks next, as long as what is watched there is not known", () => {
  const told: boolean[] = [];
  const onShard = (_shard: number, asksNext: boolean) => void told.push(asksNext);
  const watched = new WatchedSubtasks({ onError: (error) => assert.fail(String(error)), onShard, onThere: () => {} });
  const watch = (options?: object) => watched.watch(new Set([key]), () => {}, new AbortController().signal, options);
  watch({ asksNext: true });
  watch();
  watched.happened(hash, { kind: "unowned" }, 1);
  watch();
  assert.deepEqual(told, [true, false]);
});

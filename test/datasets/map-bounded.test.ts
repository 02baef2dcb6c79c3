import assert from "node:assert/strict";
import { test } from "node:test";
import { mapBounded } from "../../datasets/map-bounded.ts";

test("mapBounded keeps the order and never has more than the limit under way", async () => {
  let running = 0;
  let most = 0;
  const results = await mapBounded([5, 1, 4, 2, 3, 0], 2, async (item) => {
    most = Math.max(most, ++running);
    for (let turn = 0; turn < item; turn++) await Promise.resolve();
    running--;
    return item * 10;
  });
  assert.deepEqual(results, [50, 10, 40, 20, 30, 0]);
  assert.equal(most, 2);
  assert.deepEqual(await mapBounded([], 3, async () => 1), []);
});

test("mapBounded rejects with the first failure once all under way have ended, and starts no more", async () => {
  const started: number[] = [];
  const ended: number[] = [];
  const run = mapBounded([0, 1, 2, 3], 2, async (item) => {
    started.push(item);
    if (item === 0) throw new Error("first");
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    ended.push(item);
  });
  await assert.rejects(run, /first/);
  assert.deepEqual(started, [0, 1]);
  assert.deepEqual(ended, [1]);
});

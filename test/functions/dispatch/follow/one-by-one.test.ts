import assert from "node:assert/strict";
import { test } from "node:test";
import { OneByOne } from "../../../../functions/dispatch/follow/one-by-one.ts";

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("OneByOne works on what comes at whatever moment the last one ends", async () => {
  for (let later = 0; later < 20; later++) {
    const done: number[] = [];
    const queue = new OneByOne(async (item: number) => void done.push(item), new AbortController().signal);
    queue.add(1);
    for (let turn = 0; turn < later; turn++) await undefined;
    queue.add(2);
    await settled();
    assert.deepEqual(done, [1, 2], `${later} turns later`);
  }
});

test("OneByOne keeps the order, and has one under way at a time", async () => {
  const done: number[] = [];
  let underWay = 0;
  const work = async (item: number) => {
    assert.equal(++underWay, 1);
    await Promise.resolve();
    underWay--;
    done.push(item);
  };
  const queue = new OneByOne(work, new AbortController().signal);
  const items = Array.from({ length: 100 }, (_, index) => index);
  for (const item of items) queue.add(item);
  await settled();
  assert.deepEqual(done, items);
});

test("OneByOne begins nothing any more once its signal aborts", async () => {
  const stop = new AbortController();
  const done: number[] = [];
  const work = async (item: number) => {
    done.push(item);
    stop.abort();
  };
  const queue = new OneByOne(work, stop.signal);
  for (const item of [1, 2, 3]) queue.add(item);
  await settled();
  assert.deepEqual(done, [1]);
});

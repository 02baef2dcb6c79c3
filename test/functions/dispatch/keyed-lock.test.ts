import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyedLock } from "../../../functions/dispatch/keyed-lock.ts";

const never = new AbortController().signal;
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("KeyedLock lets one at a time in for a key, in their order, also where one throws", async () => {
  const lock = new KeyedLock();
  const order: number[] = [];
  let inside = 0;
  const work = async (index: number) => {
    using _lock = await lock.acquire("key", never);
    assert.equal(++inside, 1);
    await settled();
    inside--;
    order.push(index);
    if (index === 1) throw new Error("one of them fails");
  };
  const outcomes = await Promise.allSettled([0, 1, 2, 3].map(work));
  assert.deepEqual(order, [0, 1, 2, 3]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled", "fulfilled"],
  );
});

test("KeyedLock does not let different keys wait for each other", async () => {
  const lock = new KeyedLock();
  using _one = await lock.acquire("one", never);
  using _other = await lock.acquire("other", never);
  let isIn = false;
  const next = lock.acquire("one", never).then(() => {
    isIn = true;
  });
  await settled();
  assert.equal(isIn, false);
  _one[Symbol.dispose]();
  await next;
});

test("KeyedLock lets nobody wait who has gone, and the others keep their order", async () => {
  const lock = new KeyedLock();
  const gone = new AbortController();
  const first = await lock.acquire("key", never);
  const second = lock.acquire("key", gone.signal);
  const order: string[] = [];
  const third = lock.acquire("key", never).then(() => void order.push("third"));
  gone.abort();
  await assert.rejects(second, { code: "stopped" });
  await settled();
  assert.deepEqual(order, []);
  first[Symbol.dispose]();
  await third;
  assert.deepEqual(order, ["third"]);
});

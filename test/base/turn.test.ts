import assert from "node:assert/strict";
import { test } from "node:test";
import { TurnQueue, TurnTaker, turn } from "../../base/turn.ts";

test("TurnQueue gives one turn between two looks of the event loop, to each in its order", async () => {
  const turns = new TurnQueue();
  const had: string[] = [];
  const work = async (name: string) => {
    for (let step = 0; step < 3; step++) {
      await turns.next();
      had.push(name);
    }
  };
  const working = Promise.all(["a", "b", "c"].map(work));
  for (let looks = 0, before = 0; looks < 20; looks++, before = had.length) {
    await turn();
    assert.ok(had.length - before <= 1);
  }
  await working;
  assert.equal(had.join(""), "abcabcabc");
});

test("TurnTaker lets other tasks run while a loop goes on", async () => {
  let hasRun = false;
  setImmediate(() => {
    hasRun = true;
  });
  const turns = new TurnTaker();
  const limit = performance.now() + 10_000;
  while (!hasRun && performance.now() < limit) await turns.take();
  assert(hasRun);
});

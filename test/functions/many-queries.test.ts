import assert from "node:assert/strict";
import { test } from "node:test";
import { askMany, upperEdge } from "../support/ask-many.ts";
import { openApp } from "../support/open-app.ts";

test("4,096 queries over 5 plans: every answer is right, each plan is computed once, and nothing is left in the queue", async (t) => {
  const app = await openApp(t);
  const keys = 5;
  const asked = await askMany({ queries: 4096, keys, clients: 7, parallel: 64, dataset: "events", post: app.post });
  assert.equal(asked.answered, asked.sent);
  assert.equal(asked.unfinished, 0);
  assert.equal(asked.unbalanced, 0);
  asked.answers.forEach((answers, key) => {
    assert.equal(answers.size, 1, `key ${key} has ${answers.size} different answers`);
    const counts = new Array<number>(22).fill(0);
    for (const { MET_pt } of app.events) counts[MET_pt >= upperEdge(key) ? 21 : 1 + Math.floor(MET_pt * (20 / upperEdge(key)))]++;
    const [answer] = answers;
    assert.deepEqual(JSON.parse(answer).met.storage.values, counts);
  });
  assert.equal(asked.queued, keys * 4);
  assert.equal(app.computed.length, keys * 4);
  assert.deepEqual(await app.services.coordinator.counts(), { unowned: 0, owned: 0, failed: 0 });
});

test("150 different queries at once, more than a dispatcher keeps when they are idle, all end", async (t) => {
  const app = await openApp(t);
  const asked = await askMany({ queries: 150, keys: 150, clients: 3, parallel: 150, dataset: "events", post: app.post });
  assert.equal(asked.answered, 150);
  assert.equal(asked.unfinished, 0);
  assert.equal(app.computed.length, 150 * 4);
});

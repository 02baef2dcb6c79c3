import assert from "node:assert/strict";
import { test } from "node:test";
import { Recency } from "../../../storage/embedded/recency.ts";

test("Recency gives the last stamp of each key, and forgets only what at least as many as its capacity came after", () => {
  const recency = new Recency(10);
  for (let stamp = 0; stamp < 1000; stamp++) {
    recency.set(`key ${stamp}`, stamp);
    recency.set("often", stamp);
    for (let back = 0; back < Math.min(9, stamp); back++) assert.equal(recency.get(`key ${stamp - back}`), stamp - back);
    assert.equal(recency.get("often"), stamp);
  }
  const remembered = Array.from({ length: 1000 }, (_, stamp) => recency.get(`key ${stamp}`)).filter((stamp) => stamp !== undefined);
  assert(remembered.length <= 20);
  recency.delete("key 999");
  assert.equal(recency.get("key 999"), undefined);
});

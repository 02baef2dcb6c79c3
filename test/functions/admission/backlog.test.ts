import assert from "node:assert/strict";
import { test } from "node:test";
import { type Begun, longestWait } from "../../../functions/admission/backlog.ts";

const now = 100_000;
const query = (client: string, waited: number, rest: Partial<Begun> = {}): Begun => ({
  client,
  priority: 500,
  since: now - waited,
  state: "waiting",
  ...rest,
});
const wait = (...queries: readonly Begun[]) => longestWait(queries, { priority: 500, now });

test("longestWait is that of the oldest query of a client of whose queries none has begun", () => {
  assert.equal(wait(), 0);
  assert.equal(wait(query("a", 300), query("a", 2_000), query("b", 700)), 2_000);
  const served = query("a", 100, { state: "begun" });
  assert.equal(wait(served, query("a", 9_000), query("b", 700)), 700);
  assert.equal(wait(query("a", 9_000), served, query("a", 8_000)), 0);
});

test("longestWait counts neither less urgent queries nor those that no node is there for", () => {
  assert.equal(wait(query("a", 9_000, { priority: 501 }), query("b", 50, { priority: 1 })), 50);
  assert.equal(wait(query("a", 9_000, { state: "idle" }), query("b", 50)), 50);
});

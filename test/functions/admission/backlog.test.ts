import assert from "node:assert/strict";
import { test } from "node:test";
import { mostServed, mostTaken } from "../../../coordination/queue/waiting-order.ts";
import { type Begun, currentWait, expectedWait, isCrowd } from "../../../functions/admission/backlog.ts";
import { Pace } from "../../../functions/admission/pace.ts";

const now = 100_000;
const query = (client: string, waited: number, rest: Partial<Begun> = {}): Begun => ({
  client,
  priority: 500,
  since: now - waited,
  state: "waiting",
  subtasks: 10,
  ...rest,
});
const wait = (...queries: readonly Begun[]) => currentWait(queries, { priority: 500, now });

test("currentWait is that of the oldest query of a client of whose queries none has begun", () => {
  assert.equal(wait(), 0);
  assert.equal(wait(query("a", 300), query("a", 2_000), query("b", 700)), 2_000);
  const served = query("a", 100, { state: "begun" });
  assert.equal(wait(served, query("a", 9_000), query("b", 700)), 700);
  assert.equal(wait(query("a", 9_000), served, query("a", 8_000)), 0);
});

test("currentWait counts neither less urgent queries nor those that no node is there for", () => {
  assert.equal(wait(query("a", 9_000, { priority: 501 }), query("b", 50, { priority: 1 })), 50);
  assert.equal(wait(query("a", 9_000, { state: "idle" }), query("b", 50)), 50);
});

test("expectedWait is what goes before a newcomer: all that is more urgent, and a turn of each client", () => {
  const expect = (rate: number | undefined, ...queries: readonly Begun[]) => expectedWait(queries, { priority: 500, rate });
  assert.equal(expect(10), 0);
  const long = { subtasks: 100_000 };
  assert.equal(expect(10, query("a", 0), query("b", 0, { ...long, state: "begun" }), query("a", 0)), 200, "all take turns at a time");
  const others = Array.from({ length: mostServed }, (_, index) => query(`${index}`, 0));
  assert.equal(expect(10, ...others, query("0", 0, long)), (15 * 10 + mostTaken) * 100);
  assert.equal(expect(10, ...others.slice(1), query("0", 0, { subtasks: 0 })), 1_500, "one of whom nothing waits takes no turn");
  assert.equal(expect(10, query("a", 0, { ...long, priority: 499 })), 1e7, "what is more urgent goes first");
  assert.equal(expect(10, query("a", 0, { priority: 501 }), query("b", 0, { state: "idle" })), 0);
  assert.equal(expect(undefined, query("a", 0)), 0);
  assert.equal(expect(0, query("a", 0)), 0, "nothing was done lately: that need not stay so");
});

test("Pace tells how fast a count grew in the last ten seconds, once it was looked at for one", () => {
  const pace = new Pace();
  assert.equal(pace.perSecond, undefined);
  pace.note(1_000, 0);
  pace.note(1_100, 900);
  assert.equal(pace.perSecond, undefined);
  pace.note(1_150, 1_500);
  assert.equal(pace.perSecond, 100);
  pace.note(1_150, 11_400);
  assert.equal(pace.perSecond, undefined, "it did not grow");
  pace.note(2_000, 60_000);
  assert.equal(pace.perSecond, undefined, "nobody looked for long");
});

test("isCrowd tells many names of one address that keep others waiting from a class whose queries begin soon", () => {
  const names = (count: number, rest: Partial<Begun> = {}) =>
    Array.from({ length: count }, (_, index) => query(`${index}`, 0, { address: "10.0.0.1", ...rest }));
  const crowd = (queries: readonly Begun[], rate: number | undefined) =>
    isCrowd(queries, { address: "10.0.0.1", priority: 500, rate, now, longest: 5_000 });
  const other = query("alice", 0, { address: "10.0.0.2" });
  assert.equal(crowd([...names(600), other], undefined), false, "a pace that is not known is not slow");
  assert.equal(crowd([...names(3), other], 1), false);
  assert.equal(crowd([...names(4), other], 1), true);
  assert.equal(crowd(names(23), 1), false, "nobody else waits");
  assert.equal(crowd([...names(60), other], 1_000_000), false);
  assert.equal(crowd([...names(60), other], 100), true);
  assert.equal(crowd(names(60), 400), false, "nobody else waits");
  assert.equal(crowd(names(600), 400), true);
  assert.equal(crowd([...names(600, { state: "idle" }), other], 1), false, "what waits for nodes does not wait for want of speed");
  assert.equal(crowd([...names(60), query("waits", 600, { address: "10.0.0.1" }), other], undefined), true);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Contender, Turns } from "../../../runtime/threads/fair-turns.ts";

const run = (client: string, query: string, priority = 500): Contender => ({ payer: { client, priority }, query, isFresh: false });

/** Returns who has a single processor in each of this many slices of 50 ms. */
function simulate(turns: Turns, runs: readonly Contender[], slices: number): readonly Contender[] {
  return Array.from({ length: slices }, () => {
    const [next] = turns.choose(runs, 1);
    turns.charge(next!, 50);
    return next!;
  });
}

function enter(turns: Turns, ...runs: readonly Contender[]) {
  for (const each of runs) turns.enter(each);
  return runs;
}

const count = (all: readonly Contender[], one: Contender) => all.filter((each) => each === one).length;

test("Turns share time alike between clients, however many runs each has, and between the queries of one", () => {
  const turns = new Turns();
  const [a, b, other, own] = enter(turns, run("a", "p"), run("b", "q"), run("b", "q"), run("b", "r"));
  const had = simulate(turns, [a!, b!, other!, own!], 400);
  assert.equal(count(had, a!), 200);
  assert.equal(count(had, own!), 100);
  assert.equal(count(had, b!) + count(had, other!), 100);
});

test("Turns give twice as much for every hundred of priority, and something to everybody", () => {
  const turns = new Turns();
  const [urgent, usual, late] = enter(turns, run("a", "p", 400), run("b", "p", 500), run("c", "p", 999));
  const had = simulate(turns, [urgent!, usual!, late!], 1_000);
  assert.ok(Math.abs(count(had, urgent!) - 2 * count(had, usual!)) <= 2);
  assert.ok(count(had, late!) > 0);
});

test("Turns give the next turn to whoever comes beside one that computed for long, and do not let it catch up", () => {
  const turns = new Turns();
  const [hog] = enter(turns, run("mallory", "p", 0));
  simulate(turns, [hog!], 1_000);
  const [late] = enter(turns, run("alice", "q", 0));
  assert.equal(count(simulate(turns, [hog!, late!], 10), late!), 5);
});

test("Turns leave a query with what has a thread, rather than give another of its runs one, too", () => {
  const turns = new Turns();
  const [begun, other] = enter(turns, run("mallory", "p"), run("mallory", "p"));
  simulate(turns, [begun!], 10);
  assert.deepEqual([...turns.choose([begun!, { ...other!, isFresh: true }], 1)], [begun]);
});

test("Turns leave a turn that is fresh where it is, and keep nothing of runs that have left", () => {
  const turns = new Turns();
  const [one] = enter(turns, run("a", "p"));
  turns.charge(one!, 1_000);
  const fresh = { ...one!, isFresh: true };
  const [other] = enter(turns, run("b", "p"));
  assert.deepEqual([...turns.choose([other!, fresh], 1)], [fresh]);
  turns.leave(one!);
  const [again] = enter(turns, run("a", "p"));
  assert.deepEqual(turns.order([again!, other!]), [again, other], "it has nothing against it any more");
});

test("Turns give a run that never had one its turn at once beside one that is fresh, and one that had to leave it only when it has had a slice less", () => {
  const turns = new Turns();
  const [hog, newcomer] = enter(turns, { ...run("hog", "p"), isFresh: true }, { ...run("a", "p"), isFresh: true });
  turns.charge(hog!, 1);
  assert.deepEqual([...turns.choose([hog!, newcomer!], 1)], [newcomer]);
  const before = { ...newcomer!, isFresh: false };
  assert.deepEqual([...turns.choose([hog!, before], 1)], [hog]);
  turns.charge(hog!, 50);
  assert.deepEqual([...turns.choose([hog!, before], 1)], [before]);
});

test("Turns that are given at a time go to different clients where there are any", () => {
  const turns = new Turns();
  const runs = enter(turns, run("a", "p"), run("a", "p"), run("b", "q"), run("a", "r"));
  turns.charge(runs[2]!, 30);
  assert.deepEqual([...turns.choose(runs, 2)], [runs[0], runs[2]]);
  assert.deepEqual([...turns.choose([runs[0]!, runs[1]!, runs[3]!], 2)], [runs[0], runs[3]]);
});

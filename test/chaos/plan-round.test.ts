import assert from "node:assert/strict";
import { test } from "node:test";
import { planRound, roundsPerCluster } from "./plan-round.ts";

const options = { seed: 7, queries: 20, nodes: 4, dispatchers: 2, sessionTimeout: 4_000, span: 15_000 };
const rounds = Array.from({ length: 50 }, (_, number) => planRound({ ...options, number }));

test("planRound gives the same round for the same seed and number, and other ones for others", () => {
  assert.deepEqual(planRound({ ...options, number: 3 }), rounds[3]);
  assert.notDeepEqual(planRound({ ...options, number: 3, seed: 8 }).disturbances, rounds[3]!.disturbances);
  assert.notDeepEqual(rounds[4]!.disturbances, rounds[3]!.disturbances);
});

test("planRound has every kind of harm in each round but for a frozen dispatcher, and every freeze outlasts a session", () => {
  for (const { disturbances } of rounds) {
    const kinds = new Set(disturbances.map(({ kind }) => kind));
    for (const kind of ["kill node", "kill dispatcher", "freeze node", "kill ZooKeeper", "cut network"] as const)
      assert(kinds.has(kind), kind);
    for (const { kind, for: time } of disturbances) if (kind.startsWith("freeze")) assert(time > options.sessionTimeout);
  }
  assert(rounds.some(({ disturbances }) => disturbances.some(({ kind }) => kind === "freeze dispatcher")));
});

test("planRound asks nothing twice, so that no round is answered from the store", () => {
  const filters = rounds.flatMap(({ queries }) => queries.map(({ body }) => (body as { readonly filter: string }).filter));
  assert.equal(new Set(filters).size, rounds.length * options.queries);
});

test("planRound has ensembles and lone servers in turn, each for as long as a cluster lives", () => {
  const kinds = rounds.map(({ zookeeper }) => zookeeper);
  assert.equal(new Set(kinds.slice(0, roundsPerCluster)).size, 1);
  assert.notEqual(kinds[0], kinds[roundsPerCluster]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { type PlanParts, removePlan } from "../../storage/remove-plan.ts";

const perPiece = 2000;

/** Plans of one program in memory, all their partials stored; counts the pieces that are read. */
function makeParts(plans: ReadonlyMap<string, readonly string[]>, pinned: ReadonlySet<string> = new Set()) {
  const stored = new Set([...plans.values()].flat());
  const counts = { reads: 0, mostDropped: 0 };
  const parts: PlanParts = {
    async *partialKeys(planKey) {
      const keys = plans.get(planKey) ?? [];
      for (let start = 0; start < keys.length; start += perPiece) {
        counts.reads++;
        yield keys.slice(start, start + perPiece);
      }
    },
    otherPlans: async (planKey) => [...plans.keys()].filter((key) => key !== planKey),
    isPinned: (key) => pinned.has(key),
    async dropPartials(keys) {
      counts.mostDropped = Math.max(counts.mostDropped, keys.length);
      return keys.filter((key) => stored.delete(key)).length;
    },
    countPartials: async (keys) => keys.filter((key) => stored.has(key)).length,
    dropRest: async () => {},
  };
  return { parts, stored, counts };
}

const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix} ${index}`);

test("removePlan reads each other plan once for 100,000 partitions of its own", async () => {
  const plans = new Map([
    ["own", numbered("own", 100_000)],
    ...numbered("sibling", 100).map((key) => [key, numbered(key, 4_000)] as const),
  ]);
  const { parts, stored, counts } = makeParts(plans);
  assert.deepEqual(await removePlan("own", parts), { removed: 100_000, kept: 0 });
  assert.equal(stored.size, 400_000);
  assert.equal(counts.reads, 50 + 100 * 2);
});

test("removePlan reads no more plans when all its partials are found in another", async () => {
  const keys = numbered("shared", 100_000);
  const { parts, stored, counts } = makeParts(new Map([["own", keys], ...numbered("sibling", 10).map((key) => [key, keys] as const)]));
  assert.deepEqual(await removePlan("own", parts), { removed: 0, kept: 100_000 });
  assert.equal(stored.size, 100_000);
  assert.equal(counts.reads, 50 + 50);
});

test("removePlan holds a bounded number of keys at a time, and keeps what is pinned", async () => {
  const keys = numbered("own", 250_000);
  const { parts, counts } = makeParts(new Map([["own", keys]]), new Set(keys.slice(0, 3)));
  assert.deepEqual(await removePlan("own", parts), { removed: 249_997, kept: 3 });
  assert.equal(counts.mostDropped, 100_000);
});

test("removePlan of a plan that is not there removes nothing", async () => {
  const { parts } = makeParts(new Map([["other", ["key"]]]));
  assert.deepEqual(await removePlan("own", parts), { removed: 0, kept: 0 });
});

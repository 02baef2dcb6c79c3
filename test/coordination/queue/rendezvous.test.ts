import assert from "node:assert/strict";
import { test } from "node:test";
import { findPreferred, hashText, type Weighted } from "../../../coordination/queue/rendezvous.ts";

const candidates = (count: number, weightOf = (_: number) => 1): readonly Weighted[] =>
  Array.from({ length: count }, (_, index) => ({ seed: hashText(`node ${index}`), weight: weightOf(index) }));
const items = Array.from({ length: 20_000 }, (_, partition) => hashText(`dataset:${partition}`));

function countShares(nodes: readonly Weighted[]): readonly number[] {
  const shares = nodes.map(() => 0);
  for (const item of items) shares[findPreferred(item, nodes)]!++;
  return shares;
}

test("findPreferred gives each node a share by its weight", () => {
  for (const [place, share] of countShares(candidates(10, (index) => (index === 0 ? 11 : 1))).entries()) {
    const expected = place === 0 ? 0.55 : 0.05;
    assert(Math.abs(share / items.length - expected) < 0.01, `node ${place} has ${share}`);
  }
});

test("findPreferred names the same node in whatever order they are known, and nobody among none", () => {
  const nodes = candidates(7);
  const turned = nodes.toReversed();
  for (const item of items.slice(0, 500)) assert.equal(nodes[findPreferred(item, nodes)], turned[findPreferred(item, turned)]);
  assert.equal(findPreferred(1, []), -1);
});

test("findPreferred moves only what belonged to a node that leaves, to all others alike", () => {
  const nodes = candidates(10);
  const left = nodes.filter((_, index) => index !== 3);
  const gained = new Map<Weighted, number>();
  for (const item of items) {
    const before = nodes[findPreferred(item, nodes)]!;
    const after = left[findPreferred(item, left)]!;
    if (before !== nodes[3]) assert.equal(after, before);
    else gained.set(after, (gained.get(after) ?? 0) + 1);
  }
  for (const node of left) assert(Math.abs((gained.get(node) ?? 0) - items.length / 90) < items.length / 300);
});

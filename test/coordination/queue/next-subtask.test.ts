import assert from "node:assert/strict";
import { test } from "node:test";
import type { Subtask } from "../../../coordination/coordinator.ts";
import { Cluster, createClusterNode, type Homed, numberPartition } from "../../../coordination/queue/cluster.ts";
import { parseHoldings, summarizeHoldings } from "../../../coordination/queue/holdings.ts";
import { findNextSubtask, type LookingNode, type Schedulable } from "../../../coordination/queue/next-subtask.ts";
import { type OrderedItem, Scan, WaitingOrder } from "../../../coordination/queue/waiting-order.ts";
import { makeSubtask } from "../../contracts/subtasks.ts";

const columns = ["Muon_pt"];

class Item implements Schedulable<Item> {
  readonly subtask: Subtask;
  readonly partitionNumber: number;
  readonly waitsSince = 0;
  home: Homed["home"] = undefined;
  previous: Item | undefined = undefined;
  next: Item | undefined = undefined;
  line: OrderedItem<Item>["line"] = undefined;

  constructor(partition: number) {
    this.subtask = { ...makeSubtask(partition), columns };
    this.partitionNumber = numberPartition(this.subtask);
  }
}

function fill(count: number, { priority = 500, client = "alice", order = new WaitingOrder<Item>(), from = 0 } = {}) {
  const items = Array.from({ length: count }, (_, index) => new Item(from + index));
  for (const item of items) order.add(item, { priority, client });
  return { order, items };
}

const clusterOf = (...names: readonly string[]): Cluster => new Cluster(names.map((name) => createClusterNode(name, 4)));
const ask = (name: string, rest: Partial<LookingNode<Item>> = {}): LookingNode<Item> => ({
  name,
  scan: new Scan(),
  prefers: undefined,
  waitsSince: 0,
  delay: 150,
  now: 0,
  ...rest,
});

function takeAll(order: WaitingOrder<Item>, cluster: Cluster, node: LookingNode<Item>): readonly Item[] {
  const taken: Item[] = [];
  for (;;) {
    const next = findNextSubtask(order, cluster, node);
    if (next.kind === "look") continue;
    if (next.kind !== "take") return taken;
    order.take(next.item);
    taken.push(next.item);
  }
}

test("findNextSubtask: a node that is alone never waits, and takes what it holds first", () => {
  for (const cluster of [Cluster.empty, clusterOf("a")]) {
    const { order, items } = fill(5);
    const node = ask("a", { prefers: ({ partition }) => partition === 3 });
    assert.deepEqual(
      takeAll(order, cluster, node),
      [3, 0, 1, 2, 4].map((index) => items[index]),
    );
  }
});

test("findNextSubtask: of what nobody holds nodes take disjoint shares at once, all of it together; the rest of another only after the delay", () => {
  const names = ["a", "b", "c"];
  const cluster = clusterOf(...names);
  const { order, items } = fill(3000);
  const shares = names.map((name) => {
    const own = fill(3000).order;
    return takeAll(own, cluster, ask(name)).map(({ subtask }) => subtask.partition);
  });
  assert.deepEqual(
    shares.flat().sort((a, b) => a - b),
    items.map(({ subtask }) => subtask.partition),
  );
  takeAll(order, cluster, ask("a"));
  assert.deepEqual(findNextSubtask(order, cluster, ask("a", { now: 149 })), { kind: "wait", until: 150 });
  assert.equal(takeAll(order, cluster, ask("a", { now: 150 })).length, 3000 - shares[0]!.length);
});

test("findNextSubtask: finds what it holds behind 100,000 that belong to others, and does not look at those again", () => {
  const cluster = clusterOf("a", "b");
  const holdings = parseHoldings(summarizeHoldings([]));
  for (const peer of cluster.nodes) peer.holdings = holdings;
  const { order, items } = fill(100_000);
  const foreign = items.filter((item) => cluster.homeOf(item)?.name === "b");
  const rest = new WaitingOrder<Item>();
  for (const item of foreign) {
    order.remove(item);
    rest.add(item, { priority: 500, client: "alice" });
  }
  const last = foreign.at(-1)!;
  let asked = 0;
  const node = ask("a", {
    prefers: ({ key }) => {
      asked++;
      return key === last.subtask.key;
    },
  });
  assert.deepEqual(takeAll(rest, cluster, node), [last]);
  assert(asked < foreign.length + 1000, `${asked} for ${foreign.length}`);
  asked = 0;
  assert.equal(findNextSubtask(rest, cluster, node).kind, "wait");
  assert(asked < 100, `${asked} again`);
});

test("findNextSubtask: leaves what another live node holds to that node, for the delay", () => {
  const cluster = clusterOf("a", "b");
  const { order, items } = fill(40);
  const [, b] = cluster.nodes;
  b!.holdings = parseHoldings(summarizeHoldings(items.map(({ subtask }) => ({ fingerprint: subtask.fingerprint, columns }))));
  assert.deepEqual(takeAll(order, cluster, ask("a", { now: 100 })), []);
  assert.equal(takeAll(order, cluster, ask("a", { now: 150 })).length, 40);
});

test("findNextSubtask: nodes that hold the same take disjoint shares of it, and that of another once they have nothing else to do", () => {
  const cluster = clusterOf("a", "b");
  const { items } = fill(40);
  const holdings = parseHoldings(summarizeHoldings(items.map(({ subtask }) => ({ fingerprint: subtask.fingerprint, columns }))));
  for (const node of cluster.nodes) node.holdings = holdings;
  const taken = ["a", "b"].map((name) => takeAll(fill(40).order, cluster, ask(name, { prefers: () => true })));
  assert.deepEqual(
    taken
      .flat()
      .map(({ subtask }) => subtask.partition)
      .sort((a, b) => a - b),
    items.map(({ subtask }) => subtask.partition),
  );
  assert.equal(takeAll(fill(40).order, cluster, ask("a", { prefers: () => true, isIdle: true })).length, 40);
});

test("findNextSubtask: does not wait for a node that is busy with what nobody holds", () => {
  const cluster = clusterOf("a", "b");
  cluster.nodes[1]!.isBusy = true;
  assert.equal(takeAll(fill(40).order, cluster, ask("a")).length, 40);
});

test("findNextSubtask: what is less urgent waits with the node, though it holds it", () => {
  const cluster = clusterOf("a", "b");
  const { order, items } = fill(40, { priority: 100 });
  fill(40, { order, from: 100 });
  const node = ask("a", { prefers: ({ partition }) => partition >= 100 });
  const taken = takeAll(order, cluster, node);
  assert(taken.length > 0);
  for (const item of taken) assert(items.includes(item));
  const all = takeAll(order, cluster, { ...node, now: 150 });
  const firstOther = all.findIndex((item) => !items.includes(item));
  assert.equal(firstOther, 40 - taken.length);
});

test("findNextSubtask: nodes that come for the same take different ones, and stay with the client whose turn it is", () => {
  const cluster = clusterOf("a", "b", ...Array.from({ length: 20 }, (_, index) => `other ${index}`));
  const { order, items } = fill(20);
  fill(20, { order, from: 100, client: "bob" });
  const late = { now: 1000, waitsSince: 0 };
  const taken = cluster.nodes
    .filter(({ name }) => name.startsWith("other"))
    .map(({ name }) => findNextSubtask(order, cluster, ask(name, { ...late, prefers: () => false })));
  const chosen = new Set(taken.map((next) => (next.kind === "take" ? next.item : undefined)));
  assert(chosen.size > 10, `${chosen.size} different ones`);
  const foreign = cluster.nodes.find(({ name }) => items.every((item) => cluster.homeOf(item)?.name !== name))?.name;
  if (foreign !== undefined) {
    const next = findNextSubtask(order, cluster, ask(foreign, late));
    assert(next.kind === "take");
  }
});

test("findNextSubtask: leaves what failed here to others until then, and to nobody where there is nobody else", () => {
  const { order, items } = fill(40);
  const leavesUntil = (item: Item) => (item === items[0] ? 5000 : 0);
  const late = ask("a", { now: 1000, prefers: () => true, leavesUntil });
  assert.deepEqual(new Set(takeAll(order, clusterOf("a", "b"), late)), new Set(items.slice(1)));
  assert.deepEqual(findNextSubtask(order, clusterOf("a", "b"), late), { kind: "wait", until: 5000 });
  assert.deepEqual(takeAll(order, clusterOf("a"), late), [items[0]]);
});

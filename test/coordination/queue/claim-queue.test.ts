/** The decisions that both coordinators share, without either of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Subtask } from "../../../coordination/coordinator.ts";
import { type Attempts, noAttempts } from "../../../coordination/queue/claim-end.ts";
import { type ClaimCall, ClaimQueue, type Queued, type QueueNode } from "../../../coordination/queue/claim-queue.ts";
import { Cluster, createClusterNode, type Homed, numberPartition } from "../../../coordination/queue/cluster.ts";
import { failuresInARow, Quarantine } from "../../../coordination/queue/quarantine.ts";
import { type LineName, type OrderedItem, Scan } from "../../../coordination/queue/waiting-order.ts";
import { makeSubtask } from "../../contracts/subtasks.ts";

class Item implements Queued<Item> {
  readonly subtask: Subtask;
  readonly partitionNumber: number;
  attempts: Attempts = noAttempts;
  triedBy: Map<string, number> | undefined;
  home: Homed["home"];
  readonly waitsSince = 0;
  previous: Item | undefined;
  next: Item | undefined;
  line: OrderedItem<Item>["line"];
  where: LineName;

  constructor(partition: number, where: LineName = { priority: 500, client: "alice" }, programKey?: string) {
    this.subtask = makeSubtask(partition, programKey);
    this.partitionNumber = numberPartition(this.subtask);
    this.where = where;
  }

  lineName(): LineName {
    return this.where;
  }
}

const tried: Attempts = { errors: 1, lost: 0, causes: ["an error"] };
const node = (name: string): QueueNode => ({ name, scan: new Scan(), quarantine: new Quarantine(), clients: new Set(), isIdle: true });
const call = (most: number, rest: Partial<ClaimCall> = {}): ClaimCall => ({
  most,
  prefers: undefined,
  comesAlone: undefined,
  mostOverPartition: undefined,
  costOf: undefined,
  least: 1,
  newcomersOnly: false,
  waitsSince: 0,
  delay: 0,
  ...rest,
});
const at = (now: number) => ({ now, date: now });
const failed = {
  end: { kind: "fail", cause: "an error", permanent: false },
  verdict: { kind: "unowned", attempts: tried },
  isStopped: false,
} as const;

/** Opens a queue for nodes of one thread each. */
function open(items: readonly Item[], names: readonly string[], locals = names) {
  const queue = new ClaimQueue<Item>();
  const nodes = locals.map(node);
  queue.nodes = { all: nodes };
  queue.cluster = new Cluster(names.map((name) => createClusterNode(name, 1)));
  for (const item of items) queue.add(item);
  const take = (of: QueueNode, most: number, now = 1_000): readonly number[] | string => {
    const taken = queue.take(of, call(most), at(now));
    return taken.kind === "take" ? taken.items.map(({ subtask }) => subtask.partition) : taken.kind;
  };
  return { queue, nodes, take };
}

const items = (count: number): readonly Item[] => Array.from({ length: count }, (_, partition) => new Item(partition));

test("ClaimQueue.take gives up to the most that a call wants, in order", () => {
  const { nodes, take } = open(items(5), ["a"]);
  assert.deepEqual(take(nodes[0]!, 3), [0, 1, 2]);
  assert.deepEqual(take(nodes[0]!, 3), [3, 4]);
  assert.equal(take(nodes[0]!, 3), "none");
});

test("ClaimQueue.take gives nobody more than the share of one of the cluster's threads", () => {
  const { nodes, take } = open(items(8), ["a", "b", "c", "d"]);
  assert.equal((take(nodes[0]!, 100) as readonly number[]).length, 2);
  assert.equal((take(nodes[1]!, 100) as readonly number[]).length, 2);
});

test("ClaimQueue.take gives what a call needs at least, where so many wait, although others have a smaller share then", () => {
  const { queue, nodes } = open(items(8), ["a", "b", "c", "d"]);
  const take = (least: number) => {
    const taken = queue.take(nodes[0]!, call(5, { least }), at(1_000));
    return taken.kind === "take" ? taken.items.length : taken.kind;
  };
  assert.deepEqual([take(1), take(3), take(9), take(9)], [2, 3, 3, "none"]);
});

test("ClaimQueue.take gives a subtask with an attempt on record alone", () => {
  const all = items(4);
  all[2]!.attempts = tried;
  const { nodes, take } = open(all, ["a"]);
  assert.deepEqual(take(nodes[0]!, 4), [0, 1]);
  assert.deepEqual(take(nodes[0]!, 4), [2]);
  assert.deepEqual(take(nodes[0]!, 4), [3]);
});

const programsOf = (taken: ReturnType<ClaimQueue<Item>["take"]>) =>
  taken.kind === "take" ? taken.items.map(({ subtask }) => subtask.key) : taken.kind;
const bob = { priority: 900, client: "bob" };

test("ClaimQueue.take gives with a subtask those of its client that wait for the same partition, also one that comes alone", () => {
  const all = ["p", "q", "r"].flatMap((program) => [0, 1].map((partition) => new Item(partition, undefined, program)));
  all[4]!.attempts = tried;
  const { queue, nodes } = open(all, ["a"]);
  const take = (mostOverPartition: number) =>
    programsOf(queue.take(nodes[0]!, call(1, { mostOverPartition, comesAlone: () => true }), at(1_000)));
  assert.deepEqual(take(9), ["p:partition 0", "q:partition 0"]);
  assert.deepEqual(take(2), ["p:partition 1", "q:partition 1"]);
  assert.deepEqual(take(9), ["r:partition 0"]);
  assert.deepEqual(take(9), ["r:partition 1"]);
  assert.deepEqual([take(9), queue.size], ["none", 0]);
});

test("ClaimQueue.take gives with a subtask those of other clients that cost at most twice as much together, as far as that is known", () => {
  const costs: Readonly<Record<string, number>> = { head: 10, five: 5, ten: 10, six: 6 };
  const others = ["five", "unknown", "ten", "six"].map((program) => new Item(0, bob, program));
  const { queue, nodes } = open([new Item(0, undefined, "head"), ...others], ["a"]);
  const costOf = ({ programKey }: Subtask) => costs[programKey];
  const take = (more: Partial<ClaimCall> = {}) =>
    programsOf(queue.take(nodes[0]!, call(1, { mostOverPartition: 9, costOf, ...more }), at(1_000)));
  assert.deepEqual(take(), ["head:partition 0", "five:partition 0", "ten:partition 0"]);
  queue.add(new Item(0, undefined, "head"));
  assert.deepEqual(take({ comesAlone: ({ programKey }) => programKey === "head" }), ["head:partition 0"]);
});

test("ClaimQueue.take leaves to other threads their share of those over one partition", () => {
  const { queue, nodes } = open(
    ["p", "q", "r", "s"].map((program) => new Item(0, undefined, program)),
    ["a", "b"],
  );
  const take = () => programsOf(queue.take(nodes[0]!, call(1, { mostOverPartition: 9 }), at(1_000)));
  assert.deepEqual([take(), take(), take()], [["p:partition 0", "q:partition 0"], ["r:partition 0"], ["s:partition 0"]]);
});

test("ClaimQueue.take asks a node for its clients once for a call for newcomers, and not at all for others", () => {
  const { queue } = open(items(6), ["a"]);
  let asked = 0;
  const counting = {
    ...node("a"),
    get clients() {
      asked++;
      return new Set<string>();
    },
  };
  const take = (newcomersOnly: boolean) => queue.take(counting, call(3, { mostOverPartition: 9, newcomersOnly }), at(1_000)).kind;
  assert.deepEqual([take(false), asked], ["take", 0]);
  assert.deepEqual([take(true), asked], ["take", 1]);
});

test("ClaimQueue.take takes nothing where prefers throws, and keeps the order", () => {
  const { queue, nodes, take } = open(items(3), ["a"]);
  let asked = 0;
  const prefers = () => {
    if (asked++ > 1) throw new Error("no cache");
    return true;
  };
  assert.throws(() => queue.take(nodes[0]!, call(3, { prefers }), at(1_000)), /no cache/);
  assert.equal(queue.size, 3);
  assert.deepEqual(take(nodes[0]!, 3), [0, 1, 2]);
});

test("ClaimQueue.take gives a call for newcomers only nothing of the node's clients, however urgent that is", () => {
  const all = [new Item(0, { priority: 1, client: "alice" }), new Item(1), new Item(2, { priority: 900, client: "bob" })];
  const { queue } = open(all, ["a"]);
  const newcomersOnly = (clients: readonly string[]) =>
    queue.take({ ...node("a"), clients: new Set(clients) }, call(9, { newcomersOnly: true }), at(1_000));
  assert.equal(newcomersOnly(["alice", "bob"]).kind, "none");
  assert.deepEqual(newcomersOnly(["alice"]), { kind: "take", items: [all[2]] });
  assert.deepEqual(newcomersOnly(["bob"]), { kind: "take", items: [all[0], all[1]] });
});

test("ClaimQueue.end puts a subtask back first where it was not at fault, and last after an error", () => {
  const all = items(3);
  const { queue, nodes, take } = open(all, ["a"]);
  assert.deepEqual(take(nodes[0]!, 2), [0, 1]);
  queue.end(
    all[0]!,
    nodes[0]!,
    { end: { kind: "release" }, verdict: { kind: "unowned", attempts: noAttempts }, isStopped: false },
    at(1_000),
  );
  queue.end(all[1]!, nodes[0]!, failed, at(1_000));
  assert.deepEqual(take(nodes[0]!, 3), [0, 2, 1]);
});

test("what failed on a node is left to others for a while, does not stand in the way, and comes back", () => {
  const all = items(101);
  const { queue, nodes, take } = open(all, ["a", "elsewhere"], ["a"]);
  for (const item of all.slice(0, 100)) {
    item.attempts = tried;
    queue.remove(item);
    queue.end(item, nodes[0]!, failed, at(1_000));
  }
  assert.equal(queue.left.size, 100);
  assert.equal(queue.size, 101);
  assert.deepEqual(take(nodes[0]!, 1), [100]);
  queue.returnLeft(at(5_999));
  assert.equal(take(nodes[0]!, 1, 5_999), "none");
  queue.returnLeft(at(6_000));
  assert.equal((take(nodes[0]!, 1, 6_000) as readonly number[]).length, 1);
});

test("what failed on a node is not left to others where there are none, or where each of them had a try", () => {
  const alone = items(1);
  const one = open(alone, ["a"]);
  one.queue.end(alone[0]!, one.nodes[0]!, failed, at(1_000));
  assert.deepEqual(one.take(one.nodes[0]!, 1), [0]);
  const tired = items(1);
  tired[0]!.attempts = { ...tried, errors: 2 };
  const two = open(tired, ["a", "b"], ["a"]);
  two.queue.end(tired[0]!, two.nodes[0]!, failed, at(1_000));
  assert.deepEqual(two.take(two.nodes[0]!, 1), [0]);
});

test("a node that fails what another one then does is in quarantine and takes nothing until its time is over", () => {
  const all = items(failuresInARow + 1);
  const { queue, nodes, take } = open(all, ["good", "bad"]);
  const [good, bad] = nodes as [QueueNode, QueueNode];
  for (const item of all.slice(0, failuresInARow)) {
    queue.remove(item);
    queue.end(item, bad, failed, at(1_000));
  }
  const done = { end: { kind: "complete" }, verdict: { kind: "done" }, isStopped: false } as const;
  assert.equal(queue.end(all[0]!, good, done, at(1_000)), false);
  assert.equal(queue.end(all[1]!, good, done, at(1_000)), true);
  assert.deepEqual(queue.take(bad, call(1), at(1_000)), { kind: "wait", until: bad.quarantine.at(1_000)!.until });
  assert.notEqual(take(good, 1), "wait");
  // The only remaining node works although it is in quarantine.
  queue.cluster = new Cluster([createClusterNode("bad", 1)]);
  assert.notEqual(take(bad, 1), "wait");
});

test("ClaimQueue.move puts a subtask where the interest in it says, and leaves alone what is left to others", () => {
  const all = items(3);
  const { queue, nodes, take } = open(all, ["a", "elsewhere"], ["a"]);
  all[2]!.where = { priority: 1, client: "bob" };
  queue.move(all[2]!);
  queue.remove(all[0]!);
  queue.end(all[0]!, nodes[0]!, failed, at(1_000));
  queue.move(all[0]!);
  assert.deepEqual(take(nodes[0]!, 1), [2]);
  assert.deepEqual(take(nodes[0]!, 1), [1]);
  assert.equal(take(nodes[0]!, 1), "none");
});

/**
 * Simulates nodes that pull subtasks, in simulated time: with the coordinators' scheduling (the same functions), with random pulling, and with the prototype's
 * rule, over the same queries. Proportions are the prototype's, ten times slower than in reality: 4 slots per node, 1–3 s for a subtask whose columns are held,
 * and for others 2–4 s of fetching and 1–2 s more.
 *
 * A dataset is scanned repeatedly by different programs over the same columns; it fits into the caches of all nodes together. What nodes know of each other is
 * as old as in the coordinator: in reality one second for the first twenty nodes, and one more for each further twenty. With the prototype's rule, a node
 * searches everything that waits for data that it holds, and otherwise waits a second, once.
 */
import type { Subtask } from "../../coordination/coordinator.ts";
import { Cluster, createClusterNode, type Homed, numberPartition } from "../../coordination/queue/cluster.ts";
import { parseHoldings, summarizeHoldings } from "../../coordination/queue/holdings.ts";
import { withJitter } from "../../coordination/queue/locality.ts";
import { findNextSubtask, type Schedulable } from "../../coordination/queue/next-subtask.ts";
import { type OrderedItem, Scan, WaitingOrder } from "../../coordination/queue/waiting-order.ts";

export const rules = ["femtoq", "prototype", "random"] as const;
export type Rule = (typeof rules)[number];

export interface SimulationOptions {
  readonly rule: Rule;
  readonly nodes: number;
  /** Partitions of the dataset for each node. */
  readonly share: number;
  /** Scans of the dataset; the first finds nothing in memory. */
  readonly scans: number;
  /** Returns random numbers in [0, 1). */
  readonly random: () => number;
}

export interface Simulated {
  readonly rule: Rule;
  readonly nodes: number;
  /** The share of all partitions after the first scan that were found in memory. */
  readonly hitRate: number;
  /** The seconds that the first scan took, and the mean of the others. */
  readonly firstMakespan: number;
  readonly makespan: number;
}

const slow = 10;
const slots = 4;
/** In seconds. */
const localityDelay = 0.15 * slow;
const prototypeDelay = 1;
const betweenReads = slow;
const peersPerRead = 20;
/** A node can hold this many times its share of the partitions. */
const room = 1.5;
const columns = ["Muon_pt", "Muon_eta", "Muon_phi"];

class Item implements Schedulable<Item> {
  readonly subtask: Subtask;
  readonly partitionNumber: number;
  readonly waitsSince: number;
  home: Homed["home"] = undefined;
  previous: Item | undefined = undefined;
  next: Item | undefined = undefined;
  line: OrderedItem<Item>["line"] = undefined;

  constructor(partition: number, program: string, now: number) {
    const fingerprint = `partition ${partition}`;
    this.subtask = { key: `${program}:${fingerprint}`, programKey: program, fingerprint, dataset: "simulated", partition, columns };
    this.partitionNumber = numberPartition(this.subtask);
    this.waitsSince = now;
  }
}

interface SimulatedNode {
  readonly name: string;
  readonly scan: Scan;
  /** The fingerprints of the partitions that the node holds, the least recently used first. */
  readonly cache: Set<string>;
  /** The moments when the free slots began to wait, earliest first. */
  free: { readonly since: number; readonly delay: number }[];
  wakes: number;
}

export function simulate({ rule, nodes: count, share, scans, random }: SimulationOptions): Simulated {
  const order = new WaitingOrder<Item>();
  const clock = new Clock();
  const cluster = new Cluster(Array.from({ length: count }, (_, index) => createClusterNode(`node ${index}`, slots)));
  const nodes = cluster.nodes.map(({ name }): SimulatedNode => ({ name, scan: new Scan(), cache: new Set(), free: [], wakes: 0 }));
  const partitions = count * share;
  /** The subtasks that wait, in order. */
  const byFingerprint = new Map<string, Item>();
  let left = 0;
  let hits = 0;
  let nextRead = 0;
  const pause = () => ({ since: clock.now, delay: rule === "femtoq" ? withJitter(localityDelay, random()) : prototypeDelay });

  const choose = (node: SimulatedNode, { since, delay }: SimulatedNode["free"][number]): Item | number | undefined => {
    if (order.size === 0) return undefined;
    const holds = ({ fingerprint }: Subtask) => node.cache.has(fingerprint);
    if (rule === "femtoq") {
      for (;;) {
        const claiming = { name: node.name, scan: node.scan, prefers: holds, waitsSince: since, delay, isIdle: true, now: clock.now };
        const next = findNextSubtask(order, cluster, claiming);
        if (next.kind === "take") return next.item;
        if (next.kind === "wait") return next.until;
        if (next.kind === "none") return undefined;
      }
    }
    if (rule === "random") return [...byFingerprint.values()][Math.floor(random() * byFingerprint.size)];
    for (const fingerprint of node.cache) if (byFingerprint.has(fingerprint)) return byFingerprint.get(fingerprint);
    return since + delay > clock.now ? since + delay : byFingerprint.values().next().value;
  };

  const start = (node: SimulatedNode, item: Item) => {
    order.take(item);
    const { fingerprint } = item.subtask;
    byFingerprint.delete(fingerprint);
    const isHeld = node.cache.delete(fingerprint);
    node.cache.add(fingerprint);
    const [oldest] = node.cache;
    if (node.cache.size > room * share) node.cache.delete(oldest!);
    if (isHeld) hits++;
    clock.at(clock.now + (isHeld ? 1 + 2 * random() : 3 + 3 * random()), () => {
      left--;
      node.free.push(pause());
      serve(node);
    });
  };

  const serve = (node: SimulatedNode) => {
    while (node.free.length > 0) {
      const choice = choose(node, node.free[0]!);
      if (choice === undefined) return;
      if (typeof choice === "number") {
        const wake = ++node.wakes;
        clock.at(choice, () => wake === node.wakes && serve(node));
        return;
      }
      node.free.shift();
      start(node, choice);
    }
  };

  /** Some nodes tell what they hold, and all others hear of it. */
  const read = () => {
    for (let index = 0; index < Math.min(peersPerRead, count); index++, nextRead++) {
      const shown = cluster.nodes[nextRead % count]!;
      const { cache, free } = nodes[nextRead % count]!;
      shown.holdings = parseHoldings(summarizeHoldings([...cache].map((fingerprint) => ({ fingerprint, columns }))));
      shown.isBusy = free.length === 0;
    }
    for (const node of nodes) node.scan.restart();
    for (const node of nodes) serve(node);
  };

  const makespans: number[] = [];
  const hitsOf: number[] = [];
  for (let scan = 0; scan < scans; scan++) {
    const begin = clock.now;
    hits = 0;
    left = partitions;
    for (let partition = 0; partition < partitions; partition++) {
      const item = new Item(partition, `program ${scan}`, begin);
      order.add(item, { priority: 500, client: "client" });
      byFingerprint.set(item.subtask.fingerprint, item);
    }
    for (const node of nodes) node.free = Array.from({ length: slots }, pause);
    const shuffled = nodes.map((node) => ({ node, at: random() })).sort((a, b) => a.at - b.at);
    for (const { node } of shuffled) serve(node);
    const readAgain = () => {
      read();
      clock.at(clock.now + betweenReads, readAgain);
    };
    if (rule === "femtoq") clock.at(clock.now + betweenReads, readAgain);
    clock.run(() => left === 0);
    makespans.push(clock.now - begin);
    hitsOf.push(hits / partitions);
    // Between the scans everybody hears how the last one ended.
    if (rule === "femtoq") for (let reads = 0; reads < count; reads += peersPerRead) read();
  }
  const later = (values: readonly number[]) => values.slice(1).reduce((sum, value) => sum + value, 0) / (values.length - 1);
  return { rule, nodes: count, hitRate: later(hitsOf), firstMakespan: makespans[0]!, makespan: later(makespans) };
}

/** A clock of simulated seconds, which advances only to the next event that is due. */
class Clock {
  now = 0;
  readonly #due: { readonly time: number; readonly act: () => void }[] = [];

  at(time: number, act: () => void): void {
    const due = this.#due;
    let place = due.push({ time, act }) - 1;
    for (let parent = (place - 1) >> 1; place > 0 && due[parent]!.time > due[place]!.time; parent = (place - 1) >> 1) {
      [due[place], due[parent]] = [due[parent]!, due[place]!];
      place = parent;
    }
  }

  run(isOver: () => boolean): void {
    while (!isOver()) {
      const next = this.#take();
      this.now = next.time;
      next.act();
    }
    this.#due.length = 0;
  }

  #take() {
    const due = this.#due;
    const first = due[0];
    if (first === undefined) throw new Error(`The simulation stands still at ${this.now} s: nothing is due, and subtasks are left`);
    const last = due.pop()!;
    if (due.length === 0) return first;
    let place = 0;
    for (;;) {
      const children = [2 * place + 1, 2 * place + 2].filter((child) => child < due.length && due[child]!.time < last.time);
      if (children.length === 0) break;
      const child = children.reduce((a, b) => (due[b]!.time < due[a]!.time ? b : a));
      due[place] = due[child]!;
      place = child;
    }
    due[place] = last;
    return first;
  }
}

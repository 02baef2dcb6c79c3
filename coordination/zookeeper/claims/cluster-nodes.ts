/**
 * The live nodes, as a process with nodes knows them. A watch tells which nodes there are. While there is work, their load and holdings are read each
 * second, some nodes at a time, so that reads grow linearly with the number of nodes. Reading stops when all nodes that were read are
 * idle.
 */
import { Cluster, type ClusterNode, createClusterNode } from "../../queue/cluster.ts";
import { parseHoldings } from "../../queue/holdings.ts";
import { unlessInDoubt } from "../protocol/zookeeper-error.ts";
import type { NodeBody } from "../znodes/encoding.ts";
import { readNode } from "../znodes/register-node.ts";
import type { ZooKeeper } from "../zookeeper.ts";

const betweenReads = 1_000;
const mostPerRead = 20;
/** How many more times each node is read after subtasks last waited; by then it has published its final state. */
const readsAfterwards = 3;

export class ClusterNodes {
  readonly #zookeeper: ZooKeeper;
  readonly #onChange: (cluster: Cluster) => void;
  #cluster = Cluster.empty;
  #all: readonly ClusterNode[] = [];
  #names: readonly string[] = [];
  #next = 0;
  #readsLeft = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #change: Promise<void> = Promise.resolve();

  /** `onChange` is called when the node to which data belong, or the nodes that hold them, may have changed. */
  constructor(zookeeper: ZooKeeper, onChange: (cluster: Cluster) => void) {
    this.#zookeeper = zookeeper;
    this.#onChange = onChange;
    zookeeper.lost.addEventListener("abort", () => clearTimeout(this.#timer), { once: true });
  }

  /** Sets the live nodes; `names` are the names of their znodes. */
  setNames(names: readonly string[]): void {
    this.#names = [...names].sort();
    this.#change = this.#change.then(() => this.#gather()).catch(unlessInDoubt(this.#zookeeper.onError));
  }

  /** Takes note that subtasks wait. */
  touch(): void {
    if (this.#all.length < 2) return;
    this.#goOn();
    this.#timer ??= setTimeout(() => void this.#readSome(), betweenReads);
  }

  async #gather(): Promise<void> {
    const names = this.#names;
    const known = new Map(this.#all.map((node) => [node.name, node]));
    const strangers = names.filter((name) => !known.has(name));
    const bodies = await Promise.all(strangers.map((name) => this.#read(name)));
    for (const [index, name] of strangers.entries()) {
      const body = bodies[index];
      if (body) known.set(name, update(createClusterNode(name, body.threads), body));
    }
    if (names !== this.#names || this.#zookeeper.lost.aborted) return;
    this.#all = names.map((name) => known.get(name)).filter((node) => node !== undefined);
    this.#tell();
  }

  async #readSome(): Promise<void> {
    const nodes = this.#all;
    const away = namesAway(nodes);
    const count = Math.min(mostPerRead, nodes.length);
    const some = Array.from({ length: count }, (_, index) => nodes[(this.#next + index) % nodes.length]!);
    this.#next += count;
    this.#readsLeft--;
    try {
      const bodies = await Promise.all(some.map(({ name }) => this.#read(name)));
      for (const [index, body] of bodies.entries()) if (body) update(some[index]!, body);
      if (bodies.some((body) => body && body.running > 0)) this.#goOn();
      if (namesAway(nodes) === away) this.#onChange(this.#cluster);
      else this.#tell();
    } catch (error) {
      unlessInDoubt(this.#zookeeper.onError)(error);
    }
    this.#timer = undefined;
    if (this.#readsLeft > 0 && !this.#zookeeper.lost.aborted) this.#timer = setTimeout(() => void this.#readSome(), betweenReads);
  }

  #goOn(): void {
    this.#readsLeft = readsAfterwards * Math.ceil(this.#all.length / mostPerRead);
  }

  async #read(name: string): Promise<NodeBody | undefined> {
    return (await readNode(this.#zookeeper, name))?.body;
  }

  #tell(): void {
    this.#cluster = new Cluster(this.#all);
    this.#onChange(this.#cluster);
  }
}

const namesAway = (nodes: readonly ClusterNode[]): string =>
  nodes
    .filter(({ isAway }) => isAway)
    .map(({ name }) => name)
    .join();

function update(node: ClusterNode, { running, threads, holdings, quarantined }: NodeBody): ClusterNode {
  node.isAway = quarantined !== undefined && quarantined.until > Date.now();
  node.isBusy = running >= threads;
  node.holdings = holdings === undefined ? undefined : parseHoldings(holdings);
  return node;
}

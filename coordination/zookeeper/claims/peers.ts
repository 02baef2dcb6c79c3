/**
 * The live nodes, as a process with nodes knows them. Who is there is told by a watch; what they are busy with and hold is read from a second after
 * there is work, each second, some nodes at a time, so that reads grow with the nodes and not with their square. When all that were read have nothing
 * to do, nothing more is read.
 */
import { Cluster, createPeer, type Peer } from "../../queue/cluster.ts";
import { parseHoldings } from "../../queue/holdings.ts";
import type { SessionContext } from "../context.ts";
import { isInDoubt } from "../protocol/zookeeper-error.ts";
import { type NodeBody, parseNodeBody } from "../znodes/bodies.ts";

const betweenReads = 1_000;
const mostPerRead = 20;
/** Of each node after the last work: by then it has published how that ended. */
const readsAfterwards = 3;

export class Peers {
  cluster = Cluster.empty;
  readonly #context: SessionContext;
  readonly #onChange: () => void;
  #all: readonly Peer[] = [];
  #names: readonly string[] = [];
  #next = 0;
  #readsLeft = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #change: Promise<void> = Promise.resolve();

  /** `onChange`: whom data belong to, or who holds them, may be another. */
  constructor(context: SessionContext, onChange: () => void) {
    this.#context = context;
    this.#onChange = onChange;
    context.lost.addEventListener("abort", () => clearTimeout(this.#timer), { once: true });
  }

  /** Of the live nodes' znodes. */
  setNames(names: readonly string[]): void {
    this.#names = [...names].sort();
    this.#change = this.#change.then(() => this.#gather()).catch((error: unknown) => this.#report(error));
  }

  /** There is work. */
  touch(): void {
    if (this.#all.length < 2) return;
    this.#goOn();
    this.#timer ??= setTimeout(() => void this.#readSome(), betweenReads);
  }

  async #gather(): Promise<void> {
    const names = this.#names;
    const known = new Map(this.#all.map((peer) => [peer.name, peer]));
    const strangers = names.filter((name) => !known.has(name));
    const bodies = await Promise.all(strangers.map((name) => this.#read(name)));
    for (const [index, name] of strangers.entries()) {
      const body = bodies[index];
      if (body) known.set(name, update(createPeer(name, body.threads), body));
    }
    if (names !== this.#names || this.#context.lost.aborted) return;
    this.#all = names.map((name) => known.get(name)).filter((peer) => peer !== undefined);
    this.cluster = new Cluster(this.#all);
    this.#onChange();
  }

  async #readSome(): Promise<void> {
    const peers = this.#all;
    const away = namesAway(peers);
    const count = Math.min(mostPerRead, peers.length);
    const some = Array.from({ length: count }, (_, index) => peers[(this.#next + index) % peers.length]!);
    this.#next += count;
    this.#readsLeft--;
    try {
      const bodies = await Promise.all(some.map(({ name }) => this.#read(name)));
      for (const [index, body] of bodies.entries()) if (body) update(some[index]!, body);
      if (bodies.some((body) => body && body.running > 0)) this.#goOn();
      if (namesAway(peers) !== away) this.cluster = new Cluster(this.#all);
      this.#onChange();
    } catch (error) {
      this.#report(error);
    }
    this.#timer = undefined;
    if (this.#readsLeft > 0 && !this.#context.lost.aborted) this.#timer = setTimeout(() => void this.#readSome(), betweenReads);
  }

  #goOn(): void {
    this.#readsLeft = readsAfterwards * Math.ceil(this.#all.length / mostPerRead);
  }

  async #read(name: string): Promise<NodeBody | undefined> {
    const { session, layout } = this.#context;
    const content = await session.get(`${layout.nodes}/${name}`);
    return content && parseNodeBody(content.data);
  }

  #report(error: unknown): void {
    if (!isInDoubt(error)) this.#context.onError(error);
  }
}

const namesAway = (peers: readonly Peer[]): string =>
  peers
    .filter(({ isAway }) => isAway)
    .map(({ name }) => name)
    .join();

function update(peer: Peer, { running, threads, holdings, quarantined }: NodeBody): Peer {
  peer.isAway = quarantined !== undefined && quarantined.until > Date.now();
  peer.isBusy = running >= threads;
  peer.holdings = holdings === undefined ? undefined : parseHoldings(holdings);
  return peer;
}

/** The live nodes as one of them knows them: whom data belong to, who is busy, who holds what. */
import type { Subtask } from "../coordinator.ts";
import { type DoubleHash, doubleHash, type Holdings } from "./holdings.ts";
import { type Contender, findPreferred, hashText } from "./rendezvous.ts";

export interface Peer extends Contender {
  readonly name: string;
  /** It has nothing free. */
  isBusy: boolean;
  /** Undefined where it holds nothing, or has not said so. */
  holdings: Holdings | undefined;
  /** It takes nothing. */
  isAway: boolean;
}

/** A subtask whose place among the nodes is asked for again and again. */
export interface Placed {
  readonly subtask: Subtask;
  /** `numberPartition` */
  readonly partitionNumber: number;
  /** The answer for a cluster, kept with it. */
  home: { readonly of: Cluster; readonly peer: Peer | undefined } | undefined;
}

/** The same for every subtask over a partition, whatever the program. */
export const numberPartition = ({ dataset, partition }: Subtask): number => hashText(`${dataset}:${partition}`);

export function createPeer(name: string, threads: number): Peer {
  return { name, seed: hashText(name), weight: Math.max(1, threads), isBusy: false, holdings: undefined, isAway: false };
}

export class Cluster {
  /** But those that are away. */
  readonly peers: readonly Peer[];
  /** Hashed once for all subtasks of a program. */
  readonly #columns = new WeakMap<readonly string[], readonly DoubleHash[]>();

  /** One that nobody else is in. */
  static readonly empty = new Cluster([]);

  constructor(peers: readonly Peer[]) {
    this.peers = peers.filter(({ isAway }) => !isAway);
  }

  hasOthers(name: string): boolean {
    return this.peers.some((peer) => peer.name !== name);
  }

  homeOf(placed: Placed): Peer | undefined {
    if (placed.home?.of !== this) placed.home = { of: this, peer: this.peers[findPreferred(placed.partitionNumber, this.peers)] };
    return placed.home.peer;
  }

  /** Whether another node may hold all columns of it; false where these are not known. */
  isHeldByOther(name: string, { fingerprint, columns }: Subtask): boolean {
    if (columns === undefined || columns.length === 0) return false;
    let partition: DoubleHash | undefined;
    for (const { name: other, holdings } of this.peers) {
      if (other === name || holdings === undefined) continue;
      partition ??= doubleHash(fingerprint);
      if (holdings.mayHold(partition, this.#hashesOf(columns))) return true;
    }
    return false;
  }

  #hashesOf(columns: readonly string[]): readonly DoubleHash[] {
    const known = this.#columns.get(columns);
    if (known) return known;
    const hashes = columns.map(doubleHash);
    this.#columns.set(columns, hashes);
    return hashes;
  }
}

/** The live nodes as one of them knows them: whom data belong to, who is busy, who holds what. */
import type { Subtask } from "../coordinator.ts";
import { type DoubleHash, doubleHash, type Holdings } from "./holdings.ts";
import { findPreferred, hashText, type Weighted } from "./rendezvous.ts";

export interface ClusterNode extends Weighted {
  readonly name: string;
  /** All its threads have something to do. */
  isBusy: boolean;
  /** Undefined where it holds nothing, or has not said so. */
  holdings: Holdings | undefined;
  /** It is in quarantine: it claims nothing. */
  isAway: boolean;
}

/** A subtask whose home among the nodes is looked for again and again. */
export interface Homed {
  readonly subtask: Subtask;
  /** `numberPartition` */
  readonly partitionNumber: number;
  /** The answer for a cluster, kept with it. */
  home: { readonly of: Cluster; readonly node: ClusterNode | undefined } | undefined;
}

/** The same for every subtask over a partition, whatever the program. */
export const numberPartition = ({ dataset, partition }: Subtask): number => hashText(`${dataset}:${partition}`);

export function createClusterNode(name: string, threads: number): ClusterNode {
  return { name, seed: hashText(name), weight: Math.max(1, threads), isBusy: false, holdings: undefined, isAway: false };
}

export class Cluster {
  /** The live nodes; those that are away are not among them. */
  readonly nodes: readonly ClusterNode[];
  /** The number of threads of all these nodes together. */
  readonly threads: number;
  /** Hashed once for all subtasks of a program. */
  readonly #columns = new WeakMap<readonly string[], readonly DoubleHash[]>();

  /** One that nobody else is in. */
  static readonly empty = new Cluster([]);

  constructor(nodes: readonly ClusterNode[]) {
    this.nodes = nodes.filter(({ isAway }) => !isAway);
    this.threads = this.nodes.reduce((sum, { weight }) => sum + weight, 0);
  }

  hasOthers(name: string): boolean {
    return this.nodes.some((node) => node.name !== name);
  }

  homeOf(item: Homed): ClusterNode | undefined {
    if (item.home?.of !== this) item.home = { of: this, node: this.nodes[findPreferred(item.partitionNumber, this.nodes)] };
    return item.home.node;
  }

  /** Whether another node may hold all columns of it; false where these are not known. */
  isHeldByOther(name: string, { fingerprint, columns }: Subtask): boolean {
    if (columns === undefined || columns.length === 0) return false;
    let partition: DoubleHash | undefined;
    for (const { name: other, holdings } of this.nodes) {
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

/** The live nodes as a process knows them: to which node data belong, which nodes are busy, and what each holds. */
import type { Subtask } from "../coordinator.ts";
import { type DoubleHash, doubleHash, type Holdings } from "./holdings.ts";
import { findPreferred, hashText, type Weighted } from "./rendezvous.ts";

export interface ClusterNode extends Weighted {
  readonly name: string;
  /** Whether all its threads are busy. */
  isBusy: boolean;
  /** What it holds in memory; undefined if that is nothing or not known. */
  holdings: Holdings | undefined;
  /** Whether it is in quarantine, so that it claims nothing. */
  isAway: boolean;
}

/** A subtask with a cached answer to which node it belongs. */
export interface Homed {
  readonly subtask: Subtask;
  /** The result of `numberPartition`. */
  readonly partitionNumber: number;
  /** The node to which it belongs, and the cluster for which this was found. */
  home: { readonly of: Cluster; readonly node: ClusterNode | undefined } | undefined;
}

/** A number that is equal for all subtasks over a partition, whatever their program. */
export const numberPartition = ({ dataset, partition }: Subtask): number => hashText(`${dataset}:${partition}`);

export function createClusterNode(name: string, threads: number): ClusterNode {
  return { name, seed: hashText(name), weight: Math.max(1, threads), isBusy: false, holdings: undefined, isAway: false };
}

export class Cluster {
  /** The live nodes, except those in quarantine. */
  readonly nodes: readonly ClusterNode[];
  /** The number of threads of all these nodes together. */
  readonly threads: number;
  /** The hashes of columns, computed once per list of columns; the subtasks of a program share one list. */
  readonly #columns = new WeakMap<readonly string[], readonly DoubleHash[]>();

  /** A cluster without nodes. */
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

  /** Whether another node may hold all columns of a subtask; false if its columns are not known. */
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

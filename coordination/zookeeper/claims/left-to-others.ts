/**
 * What failed on a node is left to other nodes for a while. Where all nodes of this process leave a subtask, it is out of their order meanwhile: it does
 * not stand in the way of what they could take, however many there are.
 */
import type { Cluster } from "../../queue/cluster.ts";
import type { MemberSession } from "./waiting-claims.ts";
import type { WorkEntry } from "./work-entry.ts";

/** Milliseconds for which a node leaves to others what failed on it. */
const leaveFor = 5_000;
const betweenLooks = 500;

/** Until when, as `performance.now()`: not at all where there is nobody else, or where everybody had a try. */
export function leavesUntil({ attempts, triedBy }: WorkEntry, name: string, cluster: Cluster): number {
  const until = triedBy?.get(name);
  return until === undefined || attempts.errors >= cluster.peers.length || !cluster.hasOthers(name) ? Number.NEGATIVE_INFINITY : until;
}

export function noteFailure(entry: WorkEntry, name: string): void {
  entry.triedBy ??= new Map();
  entry.triedBy.set(name, performance.now() + leaveFor);
}

export interface LeftToOthersOptions {
  readonly session: () => MemberSession | undefined;
  /** Of the nodes of this process. */
  readonly names: () => Iterable<string>;
  /** Some wait again. */
  readonly onReturn: () => void;
}

export class LeftToOthers {
  readonly #options: LeftToOthersOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LeftToOthersOptions) {
    this.#options = options;
  }

  /** A claim on it has ended: leaves it, or has it wait again. */
  putBack({ work, peers }: MemberSession, entry: WorkEntry, options: { readonly first: boolean }): void {
    if (!this.#isLeft(entry, peers.cluster)) {
      work.putBack(entry, options);
      return;
    }
    work.leave(entry);
    this.#timer ??= setTimeout(() => this.#look(), betweenLooks);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  /** Time has passed, and other nodes may be there. */
  #look(): void {
    this.#timer = undefined;
    const { work, peers } = this.#options.session() ?? {};
    if (work === undefined || peers === undefined) return;
    for (const entry of [...work.left]) if (!this.#isLeft(entry, peers.cluster)) work.putBack(entry);
    if (work.left.size > 0) this.#timer = setTimeout(() => this.#look(), betweenLooks);
    this.#options.onReturn();
  }

  #isLeft(entry: WorkEntry, cluster: Cluster): boolean {
    const now = performance.now();
    return entry.triedBy !== undefined && [...this.#options.names()].every((name) => leavesUntil(entry, name, cluster) > now);
  }
}

/** A node of this process and its claims, as both coordinators keep them. */
import type { AboutNode, Claim, Node, Subtask } from "../coordinator.ts";
import type { ClaimEnd } from "./claim-end.ts";
import type { HeldPartition } from "./holdings.ts";
import { Quarantine } from "./quarantine.ts";
import { type LineName, Scan } from "./waiting-order.ts";

export abstract class OwnClaim implements Claim {
  readonly subtask: Subtask;
  readonly priority: number;
  readonly client: string;
  /** Whether computing has not begun yet. */
  isLoading = true;
  /** Whether loading and computing are over. */
  isComputed = false;
  readonly #controller = new AbortController();
  abstract readonly isEnded: boolean;

  constructor(item: { readonly subtask: Subtask; lineName(): LineName }) {
    this.subtask = item.subtask;
    ({ priority: this.priority, client: this.client } = item.lineName());
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abstract begin(): Promise<void>;
  /** Ends the claim; resolves with false if it was lost, has ended, or is about to end otherwise. */
  abstract end(end: ClaimEnd): Promise<boolean>;

  /** Aborts its signal. */
  stop(reason: Error): void {
    this.#controller.abort(reason);
  }
}

export class LocalNode<C extends OwnClaim = OwnClaim> {
  /** Its name in the cluster. */
  readonly name: string;
  readonly scan = new Scan();
  readonly quarantine = new Quarantine();
  readonly claims = new Set<C>();
  /** The clients whose subtasks are being claimed, one list for each call that is being served. */
  readonly claiming = new Set<readonly string[]>();
  /** The claims that were made together and are being loaded or computed. */
  readonly #bundles = new Set<readonly OwnClaim[]>();
  node: Node;
  held: () => Iterable<HeldPartition> = () => [];
  /** Whether other processes know the node, so that it may claim. */
  isRegistered = false;
  isDraining = false;
  isGone = false;

  constructor(name: string, about: AboutNode, now: number) {
    this.name = name;
    this.node = { ...about, cacheBytes: 0, running: 0, done: 0, failed: 0, since: now };
  }

  /** The clients for whom it loads or computes something, or is about to. */
  get clients(): ReadonlySet<string> {
    const clients = new Set([...this.claiming].flat());
    for (const { client, isComputed } of this.claims) if (!isComputed) clients.add(client);
    return clients;
  }

  /** Takes note of claims that were made together. */
  given(claims: readonly OwnClaim[]): void {
    this.#bundles.add(claims);
  }

  /** Whether it loads, computes, or is about to compute fewer bundles of claims than it has threads. */
  get isIdle(): boolean {
    for (const bundle of this.#bundles) if (bundle.every(({ isComputed, isEnded }) => isComputed || isEnded)) this.#bundles.delete(bundle);
    return this.#bundles.size + this.claiming.size < this.node.threads;
  }

  /** The node in the form that others see. */
  describe(now: number): Node {
    const quarantined = this.quarantine.at(now);
    return { ...this.node, ...(quarantined && { quarantined }) };
  }
}

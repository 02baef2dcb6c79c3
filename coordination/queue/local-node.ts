/** A node of this process, and a claim as the coordinator that gave it holds it. */
import type { AboutNode, Claim, Node, Subtask } from "../coordinator.ts";
import type { ClaimEnd } from "./claim-end.ts";
import type { HeldPartition } from "./holdings.ts";
import { Quarantine } from "./quarantine.ts";
import { type LineName, Scan } from "./waiting-order.ts";

export abstract class OwnClaim implements Claim {
  readonly subtask: Subtask;
  readonly priority: number;
  readonly client: string;
  /** Computing has not begun. */
  isLoading = true;
  /** It is loaded and computed no longer. */
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
  /** False where it was lost, has ended or is about to end. */
  abstract end(end: ClaimEnd): Promise<boolean>;

  /** Aborts its signal. */
  stop(reason: Error): void {
    this.#controller.abort(reason);
  }
}

export class LocalNode<C extends OwnClaim = OwnClaim> {
  /** In the cluster. */
  readonly name: string;
  readonly scan = new Scan();
  readonly quarantine = new Quarantine();
  readonly claims = new Set<C>();
  /** The clients of whom claims are being made, for each call that was given some. */
  readonly claiming = new Set<readonly string[]>();
  /** Claims that were given together, and are loaded or computed. */
  readonly #bundles = new Set<readonly OwnClaim[]>();
  node: Node;
  held: () => Iterable<HeldPartition> = () => [];
  /** Others know that it is there: it may claim. */
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

  /** Claims that were given together. */
  given(claims: readonly OwnClaim[]): void {
    this.#bundles.add(claims);
  }

  /** Fewer bundles of claims than it has threads are loaded or computed, or about to be. */
  get isIdle(): boolean {
    for (const bundle of this.#bundles) if (bundle.every(({ isComputed, isEnded }) => isComputed || isEnded)) this.#bundles.delete(bundle);
    return this.#bundles.size + this.claiming.size < this.node.threads;
  }

  /** As others see it. */
  describe(now: number): Node {
    const quarantined = this.quarantine.at(now);
    return { ...this.node, ...(quarantined && { quarantined }) };
  }
}

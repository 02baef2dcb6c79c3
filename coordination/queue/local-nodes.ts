/**
 * The nodes of this process and the claims that they hold, for both coordinators. Decisions are in `claim-queue.ts`; each coordinator records and ends
 * claims in its own way.
 *
 *   node: open --drain--> draining --leave--> gone      `leave` leads to gone from anywhere
 */
import type { Claim, JoinedNode } from "../coordinator.ts";
import type { ClaimEnd } from "./claim-end.ts";
import type { ClaimQueue, EndedClaim, Queued, Times } from "./claim-queue.ts";
import type { LocalNode, OwnClaim } from "./local-node.ts";
import { gone, WaitingCalls, type WaitingCallsOptions } from "./waiting-calls.ts";

export interface LocalNodesOptions<T extends Queued<T>, N extends LocalNode> extends Omit<WaitingCallsOptions<T, N>, "times" | "release"> {
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Called when a node has new figures, or is in quarantine. */
  readonly onReport: (node: N) => void;
  /** Called when a node has left and its claims have ended. */
  readonly onLeave: (node: N) => void | Promise<void>;
}

/** In milliseconds: how often subtasks are checked that are left to others. */
const returnEvery = 500;

export class LocalNodes<T extends Queued<T>, N extends LocalNode> {
  readonly calls: WaitingCalls<T, N>;
  readonly #options: LocalNodesOptions<T, N>;
  readonly #nodes = new Map<string, N>();
  /** The answers for claims that were ended in a call that rejected because of others; a repeated call returns them. */
  readonly #unheard = new WeakMap<Claim, boolean>();
  /** For each draining node: the function to call once its last claim has ended. */
  readonly #idle = new Map<N, () => void>();
  #returning: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LocalNodesOptions<T, N>) {
    this.#options = options;
    this.calls = new WaitingCalls({
      ...options,
      times: () => this.times(),
      release: (node, claims) => this.#end(node, claims, { kind: "release" }),
    });
  }

  get all(): Iterable<N> {
    return this.#nodes.values();
  }

  get size(): number {
    return this.#nodes.size;
  }

  find(id: string): N | undefined {
    return this.#nodes.get(id);
  }

  times(): Times {
    return { now: performance.now(), date: (this.#options.now ?? Date.now)() };
  }

  /** Adds a node. `register`, if given, makes it known to other processes. */
  async join(node: N, register?: () => Promise<void>): Promise<JoinedNode> {
    const { id } = node.node;
    if (this.#nodes.has(id)) throw new Error(`Cannot join as node ${id}: a node of this name is there already; give each its own`);
    this.#nodes.set(id, node);
    try {
      await register?.();
    } catch (error) {
      this.#nodes.delete(id);
      throw error;
    }
    node.isRegistered = true;
    return {
      id,
      claim: (options) => this.calls.claim(node, options),
      // Many claims may share one promise.
      begin: async (claims) => void (await Promise.all(new Set(this.#own(node, claims).map((claim) => claim?.begin())))),
      computed: (claims) => {
        for (const claim of this.#own(node, claims)) if (claim) claim.isComputed = true;
        this.serve();
      },
      complete: (claims) => this.#end(node, claims, { kind: "complete" }),
      release: (claims) => this.#end(node, claims, { kind: "release" }),
      fail: async (claim, cause, { permanent = false } = {}) => (await this.#end(node, [claim], { kind: "fail", cause, permanent }))[0]!,
      drain: () => this.#drain(node),
      report: ({ held, ...figures }) => {
        node.node = { ...node.node, ...figures };
        if (held) node.held = held;
        this.#options.onReport(node);
      },
      leave: () => this.#leave(node),
    };
  }

  /** Gives waiting subtasks to waiting calls. It must be called whenever there may be new ones of either. */
  serve(): void {
    this.calls.serve();
  }

  /** Looks through all waiting subtasks again, since the knowledge of the cluster has changed. */
  lookAgain(): void {
    for (const { scan } of this.all) scan.restart();
    this.serve();
  }

  /** Takes note of the end of a node's claim. */
  ended(node: N, queue: ClaimQueue<T>, item: T, ended: EndedClaim): void {
    if (queue.end(item, node, ended, this.times())) this.reportAll();
    if (queue.left.size > 0) this.#returning ??= setTimeout(() => this.#returnLeft(), returnEvery);
    this.serve();
  }

  reportAll(): void {
    for (const node of this.all) this.#options.onReport(node);
  }

  /** Forgets all claims of a node, which are lost. If the node drains, it has thereby finished. */
  forgetClaims(node: N): void {
    node.claims.clear();
    this.#idle.get(node)?.();
  }

  /** Rejects waiting and later calls. */
  close(reason: Error): void {
    clearTimeout(this.#returning);
    this.calls.close(reason);
  }

  #own(node: N, claims: readonly Claim[]): readonly (OwnClaim | undefined)[] {
    return claims.map((claim) => (node.claims.has(claim as OwnClaim) ? (claim as OwnClaim) : undefined));
  }

  async #end(node: N, claims: readonly Claim[], end: ClaimEnd): Promise<readonly boolean[]> {
    const ending = this.#own(node, claims).map(async (claim, index) => {
      const unheard = this.#unheard.get(claims[index]!) ?? false;
      this.#unheard.delete(claims[index]!);
      if (claim === undefined) return unheard;
      const answer = await claim.end(end);
      if (claim.isEnded) node.claims.delete(claim);
      return answer;
    });
    const outcomes = await Promise.allSettled(ending);
    if (node.claims.size === 0) this.#idle.get(node)?.();
    // Calls for newcomers may now take subtasks of these clients.
    this.serve();
    const refused = outcomes.find((outcome) => outcome.status === "rejected");
    const answers = outcomes.map((outcome) => outcome.status === "fulfilled" && outcome.value);
    if (refused === undefined) return answers;
    for (const [index, claim] of claims.entries()) if (answers[index]) this.#unheard.set(claim, true);
    throw refused.reason;
  }

  async #drain(node: N): Promise<void> {
    node.isDraining = true;
    this.calls.settleAll(node, ({ resolve }) => resolve([]));
    const unbegun = [...node.claims].filter(({ isLoading }) => isLoading);
    for (const claim of unbegun) claim.stop(new Error(`node ${node.node.id} ends: it hands back what it has not begun`));
    await this.#end(node, unbegun, { kind: "release" });
    if (node.claims.size > 0) await new Promise<void>((resolve) => void this.#idle.set(node, resolve));
    this.#idle.delete(node);
  }

  async #leave(node: N): Promise<void> {
    if (node.isGone) return;
    node.isGone = true;
    this.calls.settleAll(node, ({ reject }) => reject(gone(node)));
    const cause = `node ${node.node.id} left while it had the subtask`;
    const claims = [...node.claims];
    const outcomes = await Promise.allSettled(claims.map((claim) => claim.end({ kind: "lose", cause })));
    for (const claim of claims) claim.stop(new Error(cause));
    this.forgetClaims(node);
    this.#nodes.delete(node.node.id);
    await this.#options.onLeave(node);
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  }

  #returnLeft(): void {
    this.#returning = undefined;
    const queue = this.#options.queue();
    queue?.returnLeft(this.times());
    if (queue && queue.left.size > 0) this.#returning = setTimeout(() => this.#returnLeft(), returnEvery);
    this.serve();
  }
}

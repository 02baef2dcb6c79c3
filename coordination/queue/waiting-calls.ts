/**
 * The calls of `JoinedNode.claim` that wait for a subtask. They are served in order of arrival over all nodes of this process; calls for newcomers come last.
 *
 *   waiting --take--> claiming --> resolved with claims
 *      ^                 |
 *      |-- all refused --|
 *   waiting --> resolved without claims (the node drains), or rejected (aborted, the node left, the coordinator closed)
 */
import { setMaxListeners } from "node:events";
import { turn } from "../../base/turn.ts";
import type { Claim, ClaimOptions, Subtask } from "../coordinator.ts";
import type { ClaimCall, ClaimQueue, Queued, Times } from "./claim-queue.ts";
import { type Linked, LinkedList } from "./linked-list.ts";
import type { LocalNode, OwnClaim } from "./local-node.ts";
import { withJitter } from "./locality.ts";

export interface WaitingCall<N> extends ClaimCall, Linked<WaitingCall<N>> {
  readonly node: N;
  readonly prepare: ((subtask: Subtask) => void) | undefined;
  readonly resolve: (claims: readonly Claim[]) => void;
  readonly reject: (reason: unknown) => void;
  isListed: boolean;
  isSettled: boolean;
}

export interface WaitingCallsOptions<T extends Queued<T>, N extends LocalNode> {
  /** Undefined while nothing can be claimed. */
  readonly queue: () => ClaimQueue<T> | undefined;
  readonly times: () => Times;
  /** Milliseconds for which a node leaves a subtask to one that is better placed for it. */
  readonly localityDelay: number;
  /** Makes the claims of a node for a call. Subtasks whose claims are refused are put back into the queue or forgotten. */
  readonly claim: (node: N, items: readonly T[], call: Pick<ClaimCall, "prefers">) => Promise<readonly OwnClaim[]>;
  /** Hands back claims that nobody waits for any more. */
  readonly release: (node: N, claims: readonly OwnClaim[]) => Promise<unknown>;
  /** Called just before waiting subtasks are examined for waiting calls, if there are any. */
  readonly onServe?: (queue: ClaimQueue<T>) => void;
}

export class WaitingCalls<T extends Queued<T>, N extends LocalNode> {
  readonly #options: WaitingCallsOptions<T, N>;
  readonly #calls = new LinkedList<WaitingCall<N>>();
  #later: ReturnType<typeof setTimeout> | undefined;
  #isServing = false;
  #mustServe = false;
  #refusal: Error | undefined;

  constructor(options: WaitingCallsOptions<T, N>) {
    this.#options = options;
  }

  /** The nodes with a waiting call that takes subtasks of all clients. */
  get waiting(): ReadonlySet<N> {
    const nodes = new Set<N>();
    for (let call = this.#calls.first; call !== undefined; call = call.next) if (!call.newcomersOnly) nodes.add(call.node);
    return nodes;
  }

  /** Adds a call, which waits from now on. */
  async claim(node: N, options: ClaimOptions): Promise<readonly Claim[]> {
    const { signal, most, least = 1, prefers, comesAlone, mostOverPartition, costOf, newcomersOnly = false, prepare } = options;
    signal.throwIfAborted();
    if (this.#refusal) throw this.#refusal;
    if (node.isGone) throw gone(node);
    if (node.isDraining) return [];
    // All calls of a node usually listen to one signal, which is no leak, so no warning is wanted.
    setMaxListeners(0, signal);
    return new Promise((resolve, reject) => {
      const settle = () => {
        if (call.isSettled) return false;
        call.isSettled = true;
        signal.removeEventListener("abort", stop);
        this.#unlist(call);
        return true;
      };
      const call: WaitingCall<N> = {
        node,
        most,
        least,
        prefers,
        comesAlone,
        mostOverPartition,
        costOf,
        newcomersOnly,
        prepare,
        waitsSince: performance.now(),
        delay: withJitter(this.#options.localityDelay, Math.random()),
        resolve: (claims) => settle() && resolve(claims),
        reject: (reason) => settle() && reject(reason),
        isListed: true,
        isSettled: false,
        previous: undefined,
        next: undefined,
      };
      const stop = () => call.reject(signal.reason);
      signal.addEventListener("abort", stop, { once: true });
      this.#calls.append(call);
      this.serve();
    });
  }

  /** Gives waiting subtasks to calls that wait; call when either may be new. */
  serve(): void {
    this.#mustServe = true;
    if (this.#isServing) return;
    this.#isServing = true;
    clearTimeout(this.#later);
    let until = Number.POSITIVE_INFINITY;
    while (this.#mustServe) {
      this.#mustServe = false;
      until = this.#serveAll();
    }
    this.#isServing = false;
    if (until === 0) void turn().then(() => this.serve());
    else if (until < Number.POSITIVE_INFINITY) this.#later = setTimeout(() => this.serve(), until - performance.now() + 1);
  }

  /** Takes out a node's first call that takes subtasks of all clients; `give` must settle it. Undefined if none waits. */
  take(node: N): WaitingCall<N> | undefined {
    for (let call = this.#calls.first; call !== undefined; call = call.next) {
      if (call.node !== node || call.newcomersOnly) continue;
      this.#unlist(call);
      return call;
    }
    return undefined;
  }

  /** Settles a call with claims. Without claims, the call goes on waiting, before all others. */
  async give(call: WaitingCall<N>, claims: readonly OwnClaim[]): Promise<void> {
    const { node } = call;
    const mayHave = !call.isSettled && !node.isDraining && !node.isGone;
    if (claims.length > 0 && mayHave) {
      node.given(claims);
      return call.resolve(claims);
    }
    if (claims.length > 0) await this.#options.release(node, claims);
    if (call.isSettled) return;
    if (this.#refusal) return call.reject(this.#refusal);
    if (node.isGone) return call.reject(gone(node));
    if (node.isDraining) return call.resolve([]);
    call.isListed = true;
    this.#calls.prepend(call);
    this.serve();
  }

  /** Settles all waiting calls of a node or, without one, of all nodes. */
  settleAll(node: N | undefined, settle: (call: WaitingCall<N>) => void): void {
    for (let call = this.#calls.first; call !== undefined; ) {
      const { next } = call;
      if (node === undefined || call.node === node) settle(call);
      call = next;
    }
  }

  /** Rejects waiting and later calls. */
  close(reason: Error): void {
    clearTimeout(this.#later);
    this.#refusal = reason;
    this.settleAll(undefined, ({ reject }) => reject(reason));
  }

  #serveAll(): number {
    const queue = this.#options.queue();
    if (queue === undefined || this.#calls.size === 0) return Number.POSITIVE_INFINITY;
    this.#options.onServe?.(queue);
    if (queue.order.size === 0) return Number.POSITIVE_INFINITY;
    /** The nodes for which a call found nothing, so that their other calls need not look. */
    const idle = new Set<N>();
    let until = Number.POSITIVE_INFINITY;
    for (const call of this.#inOrder()) {
      const { node } = call;
      if (!call.isListed || !node.isRegistered || idle.has(node)) continue;
      try {
        const taken = queue.take(node, call, this.#options.times());
        if (taken.kind === "take") this.#attempt(queue, call, taken.items);
        else {
          idle.add(node);
          if (taken.kind === "look") until = 0;
          else if (taken.kind === "wait") until = Math.min(until, taken.until);
        }
      } catch (error) {
        // `prefers` or `prepare` threw, which concerns only this call.
        call.reject(error);
      }
    }
    return until;
  }

  /** The calls in the order of serving: those for all clients first. If these find nothing, calls for newcomers seldom would. */
  #inOrder(): readonly WaitingCall<N>[] {
    const calls: WaitingCall<N>[] = [];
    for (let call = this.#calls.first; call !== undefined; call = call.next) calls.push(call);
    return calls.sort((a, b) => Number(a.newcomersOnly) - Number(b.newcomersOnly));
  }

  #attempt(queue: ClaimQueue<T>, call: WaitingCall<N>, items: readonly T[]): void {
    try {
      for (const item of items) call.prepare?.(item.subtask);
    } catch (error) {
      for (const item of items.toReversed()) queue.add(item, { first: true });
      throw error;
    }
    this.#unlist(call);
    const { claiming } = call.node;
    const clients = items.map((item) => item.lineName().client);
    claiming.add(clients);
    this.#options
      .claim(call.node, items, call)
      .finally(() => claiming.delete(clients))
      .then((claims) => this.give(call, claims))
      .catch((error: unknown) => {
        call.reject(error);
        this.serve();
      });
  }

  #unlist(call: WaitingCall<N>): void {
    if (!call.isListed) return;
    call.isListed = false;
    this.#calls.remove(call);
  }
}

export function gone({ node }: LocalNode): Error {
  return new Error(`Cannot claim for node ${node.id}: it has left`);
}

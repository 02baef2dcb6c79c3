/**
 * Those of this process's nodes that wait for a subtask, first come, first served, and the claims that follow. Nothing is claimed while the connection is
 * in doubt; who waits goes on waiting over lost sessions.
 */
import { setMaxListeners } from "node:events";
import { setTimeout as delay, setImmediate as turn } from "node:timers/promises";
import type { Claim, ClaimOptions } from "../../coordinator.ts";
import type { ClaimEnd } from "../../queue/claim-end.ts";
import type { Linked, LinkedList } from "../../queue/linked-list.ts";
import { withJitter } from "../../queue/locality.ts";
import { findNextSubtask } from "../../queue/next-subtask.ts";
import type { Quarantine } from "../../queue/quarantine.ts";
import { findStraggler, type Paces } from "../../queue/stragglers.ts";
import type { Scan } from "../../queue/waiting-order.ts";
import type { SessionContext } from "../context.ts";
import { isInDoubt } from "../protocol/zookeeper-error.ts";
import { type Claimant, claimSubtask } from "./claim-subtask.ts";
import { copySubtask } from "./copied-claim.ts";
import { leavesUntil } from "./left-to-others.ts";
import type { Peers } from "./peers.ts";
import type { Work } from "./work.ts";
import type { WorkEntry } from "./work-entry.ts";

/** What the nodes of this process need of the session they are on. */
export interface MemberSession {
  readonly context: SessionContext;
  readonly work: Work;
  readonly peers: Peers;
}

/** A node that claims. */
export interface ClaimingNode {
  /** Of its znode. */
  readonly name: string;
  readonly scan: Scan;
  readonly waiters: LinkedList<Waiter>;
  readonly quarantine: Quarantine;
  /** Of what it has done. */
  readonly paces: Paces;
  readonly holds: (entry: WorkEntry) => boolean;
  readonly isDraining: boolean;
  /** Undefined while it is not registered. */
  readonly claimant: Claimant | undefined;
}

/** A call of `claim`. */
export interface Waiter extends Linked<Waiter> {
  readonly prefers: ClaimOptions["prefers"];
  readonly prepare: ClaimOptions["prepare"];
  /** Milliseconds, as `performance.now()`. */
  readonly waitsSince: number;
  /** Milliseconds. */
  readonly patience: number;
  readonly resolve: (claims: readonly Claim[]) => void;
  readonly reject: (reason: unknown) => void;
  isSettled: boolean;
  isListed: boolean;
}

export interface EndableClaim extends Claim {
  end(end: ClaimEnd): Promise<boolean>;
}

export interface WaitingClaimsOptions<N> {
  /** The session there is, once it is connected. */
  readonly session: () => MemberSession | undefined;
  /** Milliseconds. */
  readonly localityDelay: number;
  readonly onClaimed: (node: N, session: MemberSession, claimed: Claimed) => EndableClaim;
  readonly onCopied: (node: N, session: MemberSession, entry: WorkEntry) => EndableClaim;
  readonly onError: (error: unknown) => void;
}

export interface Claimed {
  readonly entry: WorkEntry;
  readonly claimant: Claimant;
  readonly order: number;
}

/** Milliseconds. */
const afterDoubt = 20;
const betweenLooks = 500;

export class WaitingClaims<N extends ClaimingNode> {
  readonly #options: WaitingClaimsOptions<N>;
  /** Those with something that waits, in turn. */
  readonly #nodes = new Set<N>();
  #later: ReturnType<typeof setTimeout> | undefined;
  #looking: ReturnType<typeof setTimeout> | undefined;
  /** Why everybody is refused, from the end on. */
  #refusal: Error | undefined;

  constructor(options: WaitingClaimsOptions<N>) {
    this.#options = options;
  }

  async claim(node: N, { signal, prefers, prepare }: ClaimOptions): Promise<readonly Claim[]> {
    signal.throwIfAborted();
    if (this.#refusal) throw this.#refusal;
    // All claims of a node commonly wait on one signal: no leak, so no warning.
    setMaxListeners(0, signal);
    return new Promise((resolve, reject) => {
      const settle = () => {
        waiter.isSettled = true;
        signal.removeEventListener("abort", stop);
        this.#unlist(node, waiter);
      };
      const waiter: Waiter = {
        prefers,
        prepare,
        waitsSince: performance.now(),
        patience: withJitter(this.#options.localityDelay, Math.random()),
        resolve: (claims) => {
          settle();
          resolve(claims);
        },
        reject: (reason) => {
          if (waiter.isSettled) return;
          settle();
          reject(reason);
        },
        isSettled: false,
        isListed: true,
        previous: undefined,
        next: undefined,
      };
      const stop = () => waiter.reject(signal.reason);
      signal.addEventListener("abort", stop, { once: true });
      node.waiters.append(waiter);
      this.#nodes.add(node);
      this.serve();
    });
  }

  /** Gives waiting subtasks to those that wait; call when either may be new. */
  serve(): void {
    clearTimeout(this.#later);
    const session = this.#options.session();
    if (session === undefined || session.context.session.state !== "connected") return;
    if (session.work.order.size === 0 && session.work.aside.size > 0) this.#lookForStragglers();
    let until = Number.POSITIVE_INFINITY;
    for (const node of [...this.#nodes]) until = Math.min(until, this.#serveNode(session, node));
    if (until === 0) void turn().then(() => this.serve());
    else if (until < Number.POSITIVE_INFINITY) this.#later = setTimeout(() => this.serve(), until - performance.now() + 1);
  }

  /** All of a node, or of all nodes. */
  refuse(reason: Error, only?: N): void {
    if (only === undefined) {
      clearTimeout(this.#later);
      clearTimeout(this.#looking);
      this.#refusal = reason;
    }
    for (const node of only === undefined ? [...this.#nodes] : [only]) {
      for (let waiter = node.waiters.first; waiter !== undefined; waiter = node.waiters.first) waiter.reject(reason);
    }
  }

  /** Those of a node that drains get nothing. */
  empty(node: N): void {
    for (let waiter = node.waiters.first; waiter !== undefined; waiter = node.waiters.first) waiter.resolve([]);
  }

  /** Gives when to try again: 0 is soon, ∞ not before something changes. */
  #serveNode(session: MemberSession, node: N): number {
    const { claimant, waiters } = node;
    if (claimant === undefined) return Number.POSITIVE_INFINITY;
    const { work, peers } = session;
    const quarantined = node.quarantine.at(Date.now());
    // The last one that is left does what it can.
    if (quarantined && peers.cluster.hasOthers(node.name)) return performance.now() + quarantined.until - Date.now();
    for (let waiter = waiters.first; waiter !== undefined && work.order.size > 0; waiter = waiters.first) {
      peers.touch();
      const { prefers, waitsSince, patience } = waiter;
      try {
        const next = findNextSubtask(work.order, peers.cluster, {
          name: node.name,
          scan: node.scan,
          prefers,
          waitsSince,
          delay: patience,
          leavesUntil: (entry) => leavesUntil(entry, node.name, peers.cluster),
          now: performance.now(),
        });
        if (next.kind === "look") return 0;
        if (next.kind === "wait") return next.until;
        if (next.kind === "none") return Number.POSITIVE_INFINITY;
        waiter.prepare?.(next.item.subtask);
        work.order.take(next.item);
        next.item.kind = "ours";
        this.#unlist(node, waiter);
        void this.#attempt({ node, waiter }, session, { entry: next.item, claimant });
      } catch (error) {
        // `prefers` or `prepare` threw: the fault of this one alone.
        waiter.reject(error);
      }
    }
    return Number.POSITIVE_INFINITY;
  }

  #unlist(node: N, waiter: Waiter): void {
    if (!waiter.isListed) return;
    waiter.isListed = false;
    node.waiters.remove(waiter);
    if (node.waiters.size === 0) this.#nodes.delete(node);
  }

  async #attempt(
    { node, waiter }: { readonly node: N; readonly waiter: Waiter },
    session: MemberSession,
    { entry, claimant }: Omit<Claimed, "order">,
  ): Promise<void> {
    const { work, context } = session;
    try {
      const attempted = await claimSubtask(context, entry, claimant);
      if (attempted.kind === "claimed") {
        const claim = this.#options.onClaimed(node, session, { entry, claimant, order: attempted.order });
        if (waiter.isSettled || node.isDraining) await claim.end({ kind: "release" });
        if (!waiter.isSettled) waiter.resolve(node.isDraining ? [] : [claim]);
        return;
      }
      if (attempted.kind === "gone") work.remove(entry);
      else if (attempted.kind === "aside") work.setAside(entry, attempted.rival);
      else work.putBack(entry, { first: true });
    } catch (error) {
      work.putBack(entry, { first: true });
      if (isInDoubt(error)) await delay(afterDoubt);
      else {
        this.#options.onError(error);
        waiter.reject(error);
      }
    }
    this.#relist(node, waiter);
    this.serve();
  }

  #relist(node: N, waiter: Waiter): void {
    if (this.#refusal) waiter.reject(this.#refusal);
    else if (node.isDraining && !waiter.isSettled) waiter.resolve([]);
    if (waiter.isSettled) return;
    waiter.isListed = true;
    node.waiters.prepend(waiter);
    this.#nodes.add(node);
  }

  /** Where nothing waits and others still compute, a look for what takes too long. */
  #lookForStragglers(): void {
    this.#looking ??= setTimeout(() => {
      this.#looking = undefined;
      const session = this.#options.session();
      if (session === undefined || session.context.session.state !== "connected" || session.work.order.size > 0) return;
      for (const node of this.#nodes) this.#copyStraggler(session, node);
      if (this.#nodes.size > 0 && session.work.aside.size > 0) this.#lookForStragglers();
    }, betweenLooks);
  }

  #copyStraggler(session: MemberSession, node: N): void {
    const { work, context } = session;
    const waiter = node.waiters.first;
    const { claimant } = node;
    if (waiter === undefined || claimant === undefined || node.quarantine.at(Date.now()) !== undefined) return;
    const entry = findStraggler(runningElsewhere(work), node.paces)?.entry;
    if (entry === undefined) return;
    waiter.prepare?.(entry.subtask);
    work.copy(entry);
    this.#unlist(node, waiter);
    const copying = async () => {
      const isCopied = await copySubtask(context, entry, claimant);
      if (!isCopied) return this.#relist(node, waiter);
      const claim = this.#options.onCopied(node, session, entry);
      if (waiter.isSettled || node.isDraining) await claim.end({ kind: "release" });
      if (!waiter.isSettled) waiter.resolve(node.isDraining ? [] : [claim]);
    };
    copying()
      .catch((error: unknown) => {
        this.#relist(node, waiter);
        if (!isInDoubt(error)) this.#options.onError(error);
      })
      .finally(() => {
        if (!node.holds(entry)) work.putBack(entry);
        this.serve();
      });
  }
}

function* runningElsewhere({ aside }: Work) {
  const now = performance.now();
  for (const entry of aside) {
    const { subtask, rival, queries } = entry;
    if (rival && !rival.isCopied && queries.length > 0) yield { entry, programKey: subtask.programKey, runsFor: now - rival.since };
  }
}
